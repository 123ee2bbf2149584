;;; eglot.el --- findings and a quick fix through eglot, in batch mode  -*- lexical-binding: t -*-
;; SETUP=setup.el FILE=model.py emacs --batch -l eglot.el      (the file is written)
;; SETUP is what a user has in the init file; it names the server.
;; No -Q: it would leave out the folder that Debian's packages are in.
(require 'package)
(package-initialize)
(require 'eglot)
(require 'python)
(setq eglot-sync-connect 60 eglot-autoshutdown nil make-backup-files nil
      eglot-confirm-server-initiated-edits nil
      last-nonmenu-event ?\r) ; a key, not a mouse click: no pop-up menu
(load (expand-file-name (getenv "SETUP")) nil t)

(defun check-wait (what pred)
  "Wait until PRED holds, and fail naming WHAT if it never does."
  (let ((end (+ (float-time) 60)))
    (while (and (not (funcall pred)) (< (float-time) end)) (accept-process-output nil 0.05))
    (or (funcall pred) (error "waited in vain for %s" what))))

(defun check-shown ()
  "The findings: line, column and marked text."
  (flymake-start) ; batch mode has no idle timers
  (sort (mapcar (lambda (d)
                  (let ((beg (flymake-diagnostic-beg d)))
                    (list (line-number-at-pos beg) (save-excursion (goto-char beg) (current-column))
                          (buffer-substring-no-properties beg (flymake-diagnostic-end d)))))
                (flymake-diagnostics))
        (lambda (a b) (< (car a) (car b)))))

(find-file (getenv "FILE"))
(python-mode)
(add-to-list 'project-find-functions (lambda (_) (cons 'transient default-directory)))
(apply #'eglot (eglot--guess-contact))
(check-wait "the server" #'eglot-managed-p)
(flymake-mode 1)
(let ((second '(4 8 "torch.load(\"again.pt\")")))
  (check-wait "two findings"
              (lambda () (equal (mapcar #'cddr (check-shown)) '(("torch.load(\"model.pt\")") ("torch.load(\"again.pt\")")))))
  (goto-char (point-min))
  (search-forward "torch.load")
  ;; The choice is read with the minibuffer: take the first.
  (cl-letf (((symbol-function 'completing-read) (lambda (_prompt choices &rest _) (car (all-completions "" choices)))))
    (eglot-code-actions (point) nil "quickfix" t))
  (eglot--signal-textDocument/didChange) ; sent by an idle timer, too
  (check-wait "one finding" (lambda () (equal (check-shown) (list second)))))
(save-buffer)
(eglot-shutdown (eglot-current-server))
(with-temp-buffer
  (insert-file-contents (getenv "FILE"))
  (unless (search-forward "model = torch.load(\"model.pt\", weights_only=True)\n" nil t) (error "on disk: %s" (buffer-string))))
(message "ok eglot in Emacs %s" emacs-version)
