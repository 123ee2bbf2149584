"""MLW503: a Gradio demo that hands out files of the whole machine or project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
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
)
from mlwarden.rules.examples import as_notebook
from mlwarden.rules.exposure.gradio_share import LAUNCHES
from mlwarden.semantics.environment import ANY_VALUE, Setting, settings_in_code, settings_in_text
from mlwarden.semantics.loaders import leaves, switched_off
from mlwarden.semantics.turning_points import GRADIO_BLOCKED_PATHS_CASE
from mlwarden.semantics.values import Constant, Sequence, Text
from mlwarden.semantics.values import Reference as Named

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value
    from mlwarden.source.documents import Document

# Call -> (keyword, position) of the folders that are served. From the signatures of gradio 6.31.
_FOLDERS: dict[str, tuple[str, int | None]] = {
    **dict.fromkeys(LAUNCHES, ("allowed_paths", None)),
    "gradio.mount_gradio_app": ("allowed_paths", None),
    "gradio.routes.mount_gradio_app": ("allowed_paths", None),
    "gradio.set_static_paths": ("paths", 0),
    "gradio.utils.set_static_paths": ("paths", 0),
}
_EXPLORERS = {
    "gradio.FileExplorer": ("root_dir", 4),
    "gradio.components.FileExplorer": ("root_dir", 4),
}
_VARIABLE = "GRADIO_ALLOWED_PATHS"
# Folders above everything of the machine, or of a person.
_WHOLE = re.compile(
    r"/+|~[\w.-]*/?|[A-Za-z]:[\\/]*|(?:\.\./?|\.\.\\?)+|\$\{?HOME\}?/?"
    r"|/(?:home|root|etc|var|usr|opt|mnt|proc|sys|dev|boot|srv|Users|Volumes)(?:/+[*]*)?|/(?:home|Users)/[^/]+/?"
    r"|[A-Za-z]:\\+Users(?:\\+[^\\]+)?\\*"
)
_HERE = re.compile(r"(?:\./?|\.\\?)+")
_HOME_CALLS = ("pathlib.Path.home()", "pathlib.PosixPath.home()")
_HERE_CALLS = ("os.getcwd()", "pathlib.Path.cwd()", "os.getcwdb()")
_PARENT = ("os.path.dirname()", "pathlib.Path().parent")


class GradioWideFileAccess(Rule):
    """A Gradio demo that hands out files of the whole machine or project.

    ## Why is this bad?

    Gradio answers `/gradio_api/file=<path>` for every file below `allowed_paths` and the static paths, without asking
    whether the demo shows it. With `/` or the home folder everybody who reaches the demo reads keys, tokens and
    other people's uploads; with `.` the code, the `.env` file and the repository's history. `strict_cors=False` lets
    pages in a sandboxed frame, on any site, talk to a demo on one's own machine.

    ## How to fix

    Name the folder with the files to be shown, by its absolute path, and keep nothing else in it:
    `allowed_paths=[os.path.abspath("outputs")]`. Leave `strict_cors` out.

    ## When it is fine

    In a container that holds nothing but the demo and no credentials.

    ## Limits

    Folders that are known only at run time are not judged. Errors that `show_error=True` shows to visitors are not
    reported.

    ## Fix safety

    Only `strict_cors=False` is removed. That is unsafe because a page that embeds the local demo may stop working.
    """

    code = "MLW503"
    name = "gradio-wide-file-access"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = (*_FOLDERS, *_EXPLORERS)
    triggers = (
        ("gradio", "allowed_paths"),
        ("gradio", "set_static_paths"),
        ("gradio", "FileExplorer"),
        ("gradio", "strict_cors"),
        ("gradio", "blocked_paths"),
        _VARIABLE,
    )
    cwe = (22, 552)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0037",)
    references = (
        Reference("Gradio: file access", "https://www.gradio.app/guides/file-access"),
        Reference("CVE-2025-23042: Gradio's blocked paths", "https://nvd.nist.gov/vuln/detail/CVE-2025-23042"),
    )
    examples = (
        Bad(
            """
            import gradio as gr

            demo = gr.Interface(fn=predict, inputs="image", outputs="image")
            demo.launch(allowed_paths=["/"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`launch` hands out every file below `/` to whoever can reach the demo: keys, tokens, other people's data",
        ),
        Bad(
            """
            import os
            from pathlib import Path
            import gradio as gr

            HOME = str(Path.home())

            with gr.Blocks() as demo:
                gr.Image()
            demo.queue().launch(server_name="127.0.0.1", allowed_paths=["outputs", HOME])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            demo.launch(allowed_paths=[os.path.expanduser("~")])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            import os
            import gradio as gr

            OPTIONS = {"share": False, "allowed_paths": [os.getcwd()]}
            gr.ChatInterface(respond).launch(**OPTIONS)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            message="`launch` hands out every file below the working directory: the code, `.env` and what else lies there",
        ),
        Bad(
            """
            import os
            import gradio as gr

            HERE = os.path.dirname(os.path.abspath(__file__))
            gr.set_static_paths(paths=[HERE])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            gr.set_static_paths(".")
            ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            import gradio as gr
            from fastapi import FastAPI

            app = FastAPI()
            app = gr.mount_gradio_app(app, blocks, path="/demo", allowed_paths=["C:\\\\", "static"])
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            import gradio as gr

            gr.FileExplorer("*.txt", root_dir="/")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            import gradio as gr

            gr.Interface(fn=predict, inputs="text", outputs="text").launch(strict_cors=False)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            fixed="""
            import gradio as gr

            gr.Interface(fn=predict, inputs="text", outputs="text").launch()
            """,
        ),
        Bad(
            """
            import gradio as gr

            gr.Interface(fn=predict, inputs="text", outputs="text").launch(blocked_paths=["/data/private"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"gradio": "==5.10.0"},
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            import os

            os.environ["GRADIO_ALLOWED_PATHS"] = "/data/out,/"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            FROM python:3.12
            ENV GRADIO_ALLOWED_PATHS=/
                ^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="Dockerfile",
        ),
        Bad(
            as_notebook("%env GRADIO_ALLOWED_PATHS=/", "import gradio"),
            path="example.ipynb",
            texts=("GRADIO_ALLOWED_PATHS=/",),
        ),
        Good(
            """
            import os
            import gradio as gr

            demo = gr.Interface(fn=predict, inputs="image", outputs="image")
            demo.launch()
            demo.launch(allowed_paths=["/srv/demo/outputs", os.path.join(os.getcwd(), "assets"), "./examples"])
            demo.launch(allowed_paths=[os.path.dirname(OUTPUT)], strict_cors=True)
            """,
            because="the folders are narrow, or not known",
        ),
        Good(
            """
            import gradio as gr
            from pathlib import Path

            gr.set_static_paths(paths=[Path(__file__).parent / "assets"])
            gr.FileExplorer(root_dir="uploads")
            gr.FileExplorer()
            """,
            because="these are the folders with the files to be shown; an explorer's own root is the working directory",
        ),
        Good(
            """
            import gradio as gr

            gr.Interface(fn=predict, inputs="text", outputs="text").launch(blocked_paths=["/data/private"])
            """,
            because="letters of another case no longer get around it",
            versions={"gradio": ">=5.11.0"},
        ),
        Good(
            """
            from server import rocket

            rocket.launch(allowed_paths=["/"])
            """,
            because="it is no Gradio demo",
        ),
        Missed(
            """
            import gradio as gr

            folders = read_settings()["folders"]
            gr.Interface(fn=predict, inputs="text", outputs="text").launch(allowed_paths=folders + ["/"])
            """,
            because="a list that is put together at run time is not looked into",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report folders that are too wide, and the switches that open the demo to other sites."""
        if call.name in _EXPLORERS:
            yield from self._explorer(call)
            return
        keyword, position = _FOLDERS[call.name]
        found = _widest(call.argument(keyword, position))
        if found is not None:
            severity, what, confidence = found
            guarded = any(not _is_none(call.argument(name)) for name in ("auth", "auth_dependency"))
            if severity is Severity.HIGH and guarded:
                severity = Severity.MEDIUM
            yield self.finding(
                call.span,
                _message(f"`{call.attribute}`", what),
                severity=severity,
                confidence=confidence,
                trace=call.context,
            )
        if call.name in LAUNCHES:
            yield from self._switches(call, model)
        blocked = call.argument("blocked_paths")
        if not _is_none(blocked) and not blocked.is_unknown and GRADIO_BLOCKED_PATHS_CASE.ahead(model):
            yield self.finding(
                call.span,
                "Gradio before 5.11 compares `blocked_paths` letter by letter: on Windows and macOS another case gets around"
                " it (CVE-2025-23042)",
                severity=Severity.MEDIUM,
                trace=call.context,
            )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report code that sets the variable."""
        yield from self._variable(settings_in_code(model, _VARIABLE))

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report magics, scripts and configuration that set the variable."""
        yield from self._variable(settings_in_text(document, _VARIABLE, value=ANY_VALUE))

    def _explorer(self, call: CallSite) -> Iterator[Finding]:
        found = _widest(call.argument(*_EXPLORERS[call.name]))
        if found is not None and found[0] is Severity.HIGH:
            yield self.finding(
                call.span,
                f"the explorer shows visitors the names of all files below {found[1]}, and lets them choose any of them",
                severity=Severity.MEDIUM,
                confidence=found[2],
                trace=call.context,
            )

    def _switches(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        sure = switched_off(call.argument("strict_cors"))
        if sure is None:
            return
        edit = call.remove_argument("strict_cors")
        reason = "a page that embeds the local demo may stop working"
        fixes = () if edit is None else (Fix("Remove `strict_cors`", (edit,), Applicability.UNSAFE, reason),)
        yield self.finding(
            call.span,
            "`launch(strict_cors=False)` lets sandboxed pages of any site send requests to the demo on this machine",
            severity=Severity.MEDIUM,
            confidence=sure,
            trace=call.context,
            fixes=fixes,
        )

    def _variable(self, settings: Iterator[Setting]) -> Iterator[Finding]:
        for setting in settings:
            for text in setting.value.strings():
                found = _widest(Sequence(items=tuple(Constant(part.strip()) for part in text.split(","))))
                if found is not None:
                    yield self.finding(setting.span, _message(f"`{_VARIABLE}`", found[1]), severity=found[0])
                    break


def _message(subject: str, what: str) -> str:
    if what.startswith("`"):
        return f"{subject} hands out every file below {what} to whoever can reach the demo: keys, tokens, other people's data"
    return f"{subject} hands out every file below {what}: the code, `.env` and what else lies there"


def _is_none(value: Value) -> bool:
    return value.is_absent or value.must_be(None)


def _widest(folders: Value) -> tuple[Severity, str, Confidence] | None:
    """The widest of the folders, how it is to be named, and how sure it is; None if all are narrow or unknown."""
    best: tuple[Severity, str, Confidence] | None = None
    options = folders.alternatives()
    for option in options:
        for item in option.items if isinstance(option, Sequence) else (option,):
            choices = item.alternatives()
            sure = Confidence.HIGH if len(options) == 1 and len(choices) == 1 else Confidence.MEDIUM
            for choice in choices:
                for severity, what in _widths(choice):
                    if best is None or severity > best[0]:
                        best = (severity, what, sure)
    return best


def _widths(folder: Value) -> Iterator[tuple[Severity, str]]:
    if isinstance(folder, Named) and folder.name in _PARENT and _is_own_folder(folder):
        yield Severity.MEDIUM, "the script's folder"
        return
    for leaf in leaves(folder):
        if isinstance(leaf, Constant) and isinstance(leaf.value, str):
            if _WHOLE.fullmatch(leaf.value):
                yield Severity.HIGH, f"`{leaf.value}`"
            elif _HERE.fullmatch(leaf.value):
                yield Severity.MEDIUM, "the working directory"
        elif isinstance(leaf, Named):
            if leaf.name in _HOME_CALLS:
                yield Severity.HIGH, "`~`"
            elif leaf.name in _HERE_CALLS:
                yield Severity.MEDIUM, "the working directory"
            elif leaf.name in _PARENT and _is_own_folder(leaf):
                yield Severity.MEDIUM, "the script's folder"


def _is_own_folder(folder: Named) -> bool:
    """Whether it is the folder of `__file__` itself."""
    if folder.made_by is None or "__file__" not in folder.made_by.text(folder.made_by.span):
        return False
    return folder.content is None or (isinstance(folder.content, Text) and folder.content.parts == (None,))
