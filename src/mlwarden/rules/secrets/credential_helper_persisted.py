"""MLW315: a token that is stored in clear text on a machine that others may use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.notebooks.notebook import Notebook
from mlwarden.rules.base import (
    Bad,
    Confidence,
    DocumentKind,
    Finding,
    Fix,
    Good,
    Missed,
    Reference,
    Rule,
    Severity,
    Span,
)
from mlwarden.rules.examples import Examples, as_notebook, later
from mlwarden.semantics.shell_calls import SHELL_CALLS, commands_of_call

if TYPE_CHECKING:
    from mlwarden.notebooks.shell_lines import Command
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_LOGINS = (
    "huggingface_hub.login",
    "huggingface_hub.auth_switch",
    "huggingface_hub.notebook_login",
    "huggingface_hub.interpreter_login",
    "huggingface_hub._login.login",
    "huggingface_hub._login.auth_switch",
)
_DOCKERFILE = re.compile(
    r"(?:.*/)?(?:[^/]*\.)?(?:dockerfile|containerfile)(?:[-_.][^/]*)?|.*\.(?:dockerfile|def)", re.IGNORECASE
)
_SCRIPT = re.compile(r".*\.(?:sh|bash|zsh|ya?ml|mk)|(?:.*/)?(?:makefile|\.gitlab-ci\.yml)", re.IGNORECASE)
# An instruction of a Dockerfile with its continued lines.
_RUN = re.compile(r"^[ \t]*RUN[ \t]+(?P<command>(?:[^\n\\]|\\\r?\n|\\.)*)", re.MULTILINE | re.IGNORECASE)
_GIT_STORE = re.compile(r"\bgit\s+config\s+(?:--?[\w-]+\s+)*credential(?:\.\S+)?\.helper[ \t]+[\"']?store\b[^\n;&|]*")
_ADD_TO_GIT = re.compile(
    r"\b(?:huggingface-cli|hf(?:\s+auth)?)\s+(?:login|switch)\b[^\n;&|]*?(?P<option>--add-to-git-credential)\b"
)
_LOGIN_IN_BUILD = re.compile(
    r"\b(?:wandb\s+login|huggingface-cli\s+login|hf\s+auth\s+login|comet\s+login|docker\s+login|gcloud\s+auth\s+activate-service-account"
    r"|modal\s+token\s+set|databricks\s+configure|dvc\s+remote\s+modify\b[^\n;&|]*\b(?:secret_access_key|password|token))"
    r"(?P<rest>[^\n;&|]*)"
)


class CredentialHelperPersisted(Rule):
    """A token that a login leaves in clear text in a file of the machine, or in a layer of an image.

    ## Why is this bad?

    `git config credential.helper store` and `add_to_git_credential=True` write the token into `~/.git-credentials`, readable
    by every program of the user, and on shared notebooks and runners by whoever comes next. A login in a `RUN` line of a
    Dockerfile is kept in the image: everybody who can pull it has the token.

    ## How to fix

    Leave the option out and set `HF_TOKEN` or `WANDB_API_KEY` where the program runs. In an image build, use
    `RUN --mount=type=secret`, or log in when the container starts. For Git, use `credential.helper cache` or the
    helper of the operating system.

    ## When it is fine

    On a machine of your own with an encrypted disk.

    ## Limits

    Helpers that are configured in `.gitconfig` are not looked at.

    ## Fix safety

    The fix is unsafe: Git then has no stored login and asks for one.
    """

    code = "MLW315"
    name = "credential-helper-persisted"
    severity = Severity.LOW
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = (*_LOGINS, *SHELL_CALLS)
    triggers = (
        "add_to_git_credential",
        "credential",
        *(("RUN", word) for word in ("login", "activate", "configure", "remote", "token")),  # in a Dockerfile
    )
    cwe = (522,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0055",)
    references = (
        Reference("Git: git-credential-store", "https://git-scm.com/docs/git-credential-store"),
        Reference("Docker: build secrets", "https://docs.docker.com/build/building/secrets/"),
        Reference(
            "huggingface_hub: login",
            "https://huggingface.co/docs/huggingface_hub/package_reference/authentication#huggingface_hub.login",
        ),
    )
    examples = later(lambda: _examples())

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report `add_to_git_credential=True`, and commands that a program starts."""
        if call.name not in _LOGINS:
            for command in commands_of_call(call):
                finding = self._of_command(command, call.span)
                if finding is not None:
                    yield finding
                    return
            return
        value = call.argument("add_to_git_credential")
        if value.may_be_true():
            yield self.finding(
                call.argument_span("add_to_git_credential") or call.span,
                "the token is written in clear text into the credential store of Git: every program and user of this account can "
                "read it",
                fixes=_fixes(call),
            )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report commands in notebooks, scripts and image builds."""
        if isinstance(document, Notebook):
            from mlwarden.notebooks.shell_lines import shell_texts

            for shell in shell_texts(document):
                for command in shell.commands:
                    finding = self._of_command(command, command.span)
                    if finding is not None:
                        yield finding
            return
        if document.kind is not DocumentKind.TEXT:
            return
        if _DOCKERFILE.fullmatch(document.path):
            for run in _RUN.finditer(document.text):
                yield from self._in_text(document.text, run.start("command"), run.end("command"), in_image=True)
        elif _SCRIPT.fullmatch(document.path):
            yield from self._in_text(document.text, 0, len(document.text), in_image=False)

    def _of_command(self, command: Command, span: Span) -> Finding | None:
        text = " ".join((command.program, *command.texts))
        if _GIT_STORE.match(text) or _ADD_TO_GIT.match(text):
            return self._stored(span)
        return None

    def _in_text(self, text: str, start: int, end: int, *, in_image: bool) -> Iterator[Finding]:
        for pattern in (_GIT_STORE, _ADD_TO_GIT):
            for found in pattern.finditer(text, start, end):
                if not _is_comment(text, found.start()):
                    yield self._stored(Span(found.start(), found.start() + len(found[0].rstrip())))
        for found in _LOGIN_IN_BUILD.finditer(text, start, end) if in_image else ():
            if "--mount=type=secret" in text[start : found.start()] or _is_comment(text, found.start()):
                continue
            if not re.search(r"[$\w]", found["rest"]) or re.search(r"--help|--anonymously", found["rest"]):
                continue
            yield self.finding(
                Span(found.start(), found.start() + len(found[0].rstrip(" \t\r\n\\"))),
                "a login while an image is built leaves the credentials in one of its layers: everybody who can pull the image has "
                "them",
                severity=Severity.MEDIUM,
            )

    def _stored(self, span: Span) -> Finding:
        return self.finding(
            span,
            "Git is told to keep tokens in clear text in `~/.git-credentials`: every program and user of this account can read them",
        )


def _is_comment(text: str, place: int) -> bool:
    line = text[text.rfind("\n", 0, place) + 1 : place]
    return line.lstrip().startswith("#")


def _fixes(call: CallSite) -> Iterator[Fix]:
    removal = call.remove_argument("add_to_git_credential")
    if removal is not None:
        yield Fix(
            "Remove `add_to_git_credential`",
            (removal,),
            Applicability.UNSAFE,
            "Git has no stored login then, and asks for one",
        )


def _examples() -> Examples:
    return (
        Bad(
            """
            import os
            from huggingface_hub import login

            login(token=os.environ["HF_TOKEN"], add_to_git_credential=True)
                                                                      ^^^^
            """,
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            message="the token is written in clear text into the credential store of Git: every program and user of this account "
            "can read it",
            fixed="""
            import os
            from huggingface_hub import login

            login(token=os.environ["HF_TOKEN"])
            """,
        ),
        Bad(
            """
            import huggingface_hub as hub

            PERSIST = True
            hub.login(add_to_git_credential=PERSIST, token=token)
                                            ^^^^^^^
            """,
            fixed="""
            import huggingface_hub as hub

            PERSIST = True
            hub.login(token=token)
            """,
        ),
        Bad(
            """
            import subprocess

            subprocess.run(["git", "config", "--global", "credential.helper", "store"], check=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="Git is told to keep tokens in clear text in `~/.git-credentials`: every program and user of this account can "
            "read them",
        ),
        Bad(
            as_notebook(
                "!git config --global credential.helper store\n!hf auth login --token $HF_TOKEN --add-to-git-credential"
            ),
            path="example.ipynb",
            texts=(
                "git config --global credential.helper store",
                "hf auth login --token $HF_TOKEN --add-to-git-credential",
            ),
        ),
        Bad(
            """
            FROM python:3.12-slim
            ARG WANDB_API_KEY
            RUN pip install wandb && wandb login $WANDB_API_KEY
                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="Dockerfile",
            severity=Severity.MEDIUM,
            message="a login while an image is built leaves the credentials in one of its layers: everybody who can pull the "
            "image has them",
        ),
        Bad(
            """
            set -e
            git config --global credential.helper 'store --file ~/.tokens'
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="setup.sh",
        ),
        Good(
            """
            from huggingface_hub import login

            login()
            login(token=token, add_to_git_credential=False)
            """,
            because="that is the default",
        ),
        Good(
            """
            import subprocess

            subprocess.run(["git", "config", "--global", "credential.helper", "cache"], check=True)
            subprocess.run("git config --global --unset credential.helper", shell=True)
            subprocess.run(["git", "config", "user.name", "store"])
            """,
            because="the cache forgets, and the others store nothing",
        ),
        Good(
            """
            FROM python:3.12-slim
            RUN --mount=type=secret,id=wandb wandb login "$(cat /run/secrets/wandb)" && python fetch.py
            # RUN wandb login $KEY
            CMD ["sh", "-c", "wandb login $WANDB_API_KEY && python train.py"]
            """,
            path="Dockerfile",
            because="a mounted secret and a login at the start leave nothing in the image",
        ),
        Good(
            """
            def login(add_to_git_credential):
                return add_to_git_credential

            login(add_to_git_credential=True)
            """,
            because="the function is the project's own",
        ),
        Missed(
            """
            [credential]
                helper = store
            """,
            path="git.ini",
            because="configuration of Git itself is not looked at",
        ),
    )
