#!/usr/bin/env bash
# The server in real editors: run.sh [nvim] [eglot] [ale] [vscode] [jupyterlab]; without arguments, all that are installed.
#
#   MLWARDEN     the program to run (default: mlwarden on PATH)
#   NVIM         a Neovim, 0.7 or later (default: nvim on PATH)
#   CODE_SERVER  where vscode-ext/test/install-code-server.sh installed VS Code; JUPYTER: a jupyter program (see
#                vscode-ext/test/jupyterlab.mjs). Both need Chromium, and `npm ci` in vscode-ext.
# On Debian: apt-get install neovim emacs-nox elpa-eglot vim-nox vim-ale chromium
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
extension=$(cd "$here/../../vscode-ext" && pwd)
MLWARDEN=$(command -v "${MLWARDEN:-mlwarden}") || { echo "no mlwarden: set MLWARDEN" >&2; exit 2; }
MLWARDEN=$(realpath "$MLWARDEN")
NVIM=${NVIM:-nvim}
export MLWARDEN
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A fresh copy of the files for each editor: they are written.
fresh() { rm -rf "$work/ws" && cp -r "$extension/test/workspace" "$work/ws" && cd "$work/ws"; }

check_nvim() { fresh && "$(command -v "$NVIM")" --headless --clean -c "luafile $here/nvim.lua" model.py; }
check_eglot() { fresh && FILE=model.py emacs --batch -l "$here/eglot.el" 2>&1 | tail -n 3; }
check_ale() {
  fresh &&
    OUT=$work/ale script -qec "vim -N -u '$here/ale.vim' -i NONE -n model.py" /dev/null </dev/null >/dev/null || { cat "$work/ale"; return 1; }
  cat "$work/ale"
}
check_vscode() { cd "$extension" && npm run --silent package >/dev/null && node test/run.mjs; }
check_jupyterlab() { cd "$extension" && node test/jupyterlab.mjs; }

installed() {
  case $1 in
    nvim) command -v "$NVIM" ;;
    eglot) command -v emacs ;;
    ale) command -v vim && test -d /usr/share/vim-ale ;;
    vscode) test -n "${CODE_SERVER:-}" ;;
    jupyterlab) test -n "${JUPYTER:-}" ;;
  esac >/dev/null
}

wanted=("$@")
if [ ${#wanted[@]} -eq 0 ]; then
  for editor in nvim eglot ale vscode jupyterlab; do
    if installed "$editor"; then wanted+=("$editor"); else echo "not installed: $editor"; fi
  done
fi
[ ${#wanted[@]} -gt 0 ] || { echo "no editor to test with" >&2; exit 2; }
failed=0
for editor in "${wanted[@]}"; do
  echo "== $editor"
  ("check_$editor") || { echo "FAILED: $editor"; failed=1; }
done
exit $failed
