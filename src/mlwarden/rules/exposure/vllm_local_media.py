"""MLW516: a vLLM server that reads files of the whole machine when a prompt names them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.rules.base import (
    Bad,
    Confidence,
    DocumentKind,
    Finding,
    Good,
    Missed,
    Reference,
    Rule,
    Severity,
)
from mlwarden.rules.examples import as_notebook
from mlwarden.rules.exposure.gradio_wide_file_access import _widest as widest
from mlwarden.semantics.shell_calls import SHELL_CALLS, commands_of_call
from mlwarden.semantics.shell_calls import TRIGGERS as SHELL_TRIGGERS
from mlwarden.semantics.values import Constant
from mlwarden.source.documents import PlainText

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value
    from mlwarden.source.documents import Document

# Where vLLM takes the folder from Python code: `LLM` and the arguments of its engines, by all their addresses.
_TAKERS = (
    "vllm.LLM",
    "vllm.entrypoints.llm.LLM",
    *(f"{module}.{name}" for module in ("vllm", "vllm.engine.arg_utils") for name in ("EngineArgs", "AsyncEngineArgs")),
    "vllm.config.ModelConfig",
    "vllm.multimodal.utils.MediaConnector",
    "vllm.multimodal.media.MediaConnector",
    "vllm.multimodal.media.connector.MediaConnector",
)
_KEYWORD = "allowed_local_media_path"
_OPTION = re.compile(r"--allowed[-_]local[-_]media[-_]path")
# The option in a command line, in a list of words, and as a key of the file that `vllm serve --config` reads.
_SETTING = re.compile(
    r"(?<![\w-])(?P<name>(?:--)?allowed[-_]local[-_]media[-_]path)"
    r"(?:[\"']?[ \t]*[=:,][ \t]*|[\"']?[ \t]+|[\"']?\r?\n[ \t]*-[ \t]+)[\"']?(?P<value>[^\s\"',\]}\\#][^\s\"',\]}\\]*)"
)
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".html", ".htm")


class VllmLocalMedia(Rule):
    """A vLLM server that reads files of the whole machine when a prompt names them.

    ## Why is this bad?

    With `--allowed-local-media-path`, a prompt may name an image, a sound or a video by `file://`, and the server opens
    it. With `/` or a home folder whoever can send prompts has the server open every file that it may read, sees
    from the answers which ones exist, and has those read to him that can be decoded.

    ## How to fix

    Name a folder that holds the media and nothing else. Better: leave the option out and send media in the prompt, as
    `data:` URLs. Limit the hosts of `http:` URLs with `--allowed-media-domains`.

    ## When it is fine

    In a container that holds nothing but the model, with the media mounted below the folder.

    ## Limits

    Servers that fetch media from every host, because `allowed_media_domains` is left out, are not reported. Before vLLM
    0.17 that list could be got around (CVE-2026-25960).
    """

    code = "MLW516"
    name = "vllm-local-media"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = (*_TAKERS, *SHELL_CALLS)
    assigns = (f"*.{_KEYWORD}",)
    triggers = (_KEYWORD, "allowed-local-media-path", *SHELL_TRIGGERS)
    cwe = (22, 918)
    owasp_llm = ("LLM06",)
    atlas = ("AML.T0037",)
    references = (
        Reference("vLLM: security", "https://docs.vllm.ai/en/stable/usage/security/"),
        Reference("CVE-2026-24779: vLLM's media connector", "https://nvd.nist.gov/vuln/detail/CVE-2026-24779"),
    )
    examples = (
        Bad(
            """
            from vllm import LLM

            llm = LLM(model="Qwen/Qwen2-VL-7B-Instruct", allowed_local_media_path="/")
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`allowed_local_media_path` lets prompts name every file below `/`: who can send a prompt has the server "
            "open it; name a folder that holds the media only",
        ),
        Bad(
            """
            import os
            from vllm import AsyncEngineArgs, AsyncLLMEngine

            MEDIA = os.environ.get("MEDIA_DIR", os.path.expanduser("~"))
            options = {"model": "llava-hf/llava-1.5-7b-hf", "allowed_local_media_path": MEDIA}
            engine = AsyncLLMEngine.from_engine_args(AsyncEngineArgs(**options))
                                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
        ),
        Bad(
            """
            from vllm.engine.arg_utils import EngineArgs

            args = EngineArgs(model=name)
            args.allowed_local_media_path = "/home/user"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            from vllm import LLM

            llm = LLM("llava-hf/llava-1.5-7b-hf", allowed_local_media_path=".")
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            import subprocess

            subprocess.Popen(["vllm", "serve", model, "--allowed-local-media-path", "/root"])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            subprocess.Popen("python -m vllm.entrypoints.openai.api_server --allowed_local_media_path=/", shell=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            services:
              vllm:
                image: vllm/vllm-openai:latest
                command: ["--model", "Qwen/Qwen2-VL-7B-Instruct", "--allowed-local-media-path", "/"]
                                                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              second:
                args:
                  - --allowed-local-media-path
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^~
                  - /home
            """,
            path="compose.yaml",
            severity=Severity.HIGH,
        ),
        Bad(
            """
            model: Qwen/Qwen2-VL-7B-Instruct
            allowed-local-media-path: "/"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="vllm.yaml",
            severity=Severity.HIGH,
        ),
        Bad(
            as_notebook("!vllm serve Qwen/Qwen2-VL-7B-Instruct --allowed-local-media-path=/ --port 8000 &"),
            path="example.ipynb",
            texts=("--allowed-local-media-path=/",),
        ),
        Good(
            """
            from vllm import LLM

            LLM(model=name, allowed_local_media_path="/srv/media/images")
            LLM(model=name, allowed_local_media_path="data/images")
            LLM(model=name, allowed_local_media_path="")
            LLM(model=name, allowed_local_media_path=folder)
            LLM(model=name)
            """,
            because="only that folder is open, or none",
        ),
        Good(
            """
            vllm serve $MODEL --allowed-local-media-path /data/media
            # vllm serve $MODEL --allowed-local-media-path /
            vllm serve $MODEL --allowed-local-media-path "$MEDIA"
            vllm serve $MODEL
            """,
            because="only that folder is open, or none",
            path="serve.sh",
        ),
        Good(
            """
            class Player:
                def __init__(self, allowed_local_media_path):
                    self.path = allowed_local_media_path

            Player(allowed_local_media_path="/")
            """,
            because="that is no vLLM server",
        ),
        Good(
            """
            Start it with `--allowed-local-media-path /` to read local images.
            """,
            because="prose starts nothing",
            path="README.md",
        ),
        Missed(
            """
            from vllm import LLM

            llm = LLM(model=name)
            llm.chat([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": request.json["url"]}}]}])
            """,
            because="which hosts the server may fetch from is not looked at",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report an engine that is made, or a server that is started, with a wide folder."""
        if call.name in SHELL_CALLS:
            for command in commands_of_call(call):
                texts = command.texts
                for index, text in enumerate(texts):
                    name, equals, value = text.partition("=")
                    if _OPTION.fullmatch(name):
                        folder = value if equals else texts[index + 1] if index + 1 < len(texts) else ""
                        yield from self._judged(call.span, Constant(folder), call)
                        return
            return
        yield from self._judged(call.span, call.argument(_KEYWORD), call)

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report the arguments of an engine that are given a wide folder afterwards."""
        if assignment.target.startswith("vllm."):
            yield from self._judged(assignment.span, assignment.value)

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report the option in cells, scripts, Dockerfiles and YAML."""
        if isinstance(document, Notebook):
            for cell in document.cells:
                for magic in cell.magics:
                    text = cell.source[: magic.span.end]
                    yield from self._settings(text, magic.span.start, cell.index)
        elif isinstance(document, PlainText) and not document.path.lower().endswith(_PROSE):
            yield from self._settings(document.text, 0, None)

    def _settings(self, text: str, start: int, cell: int | None) -> Iterator[Finding]:
        for match in _SETTING.finditer(text, start):
            line_start = text.rfind("\n", 0, match.start()) + 1
            if not text[line_start : match.start()].lstrip().startswith(("#", "//")):
                yield from self._judged(Span(match.start("name"), match.end("value"), cell), Constant(match["value"]))

    def _judged(self, span: Span, folder: Value, call: CallSite | None = None) -> Iterator[Finding]:
        found = widest(folder)
        if found is None:
            return
        severity, what, confidence = found
        yield self.finding(
            span,
            f"`{_KEYWORD}` lets prompts name every file below {what}: who can send a prompt has the server open it; name a "
            "folder that holds the media only",
            severity=severity,
            confidence=confidence,
            trace=() if call is None else call.context,
        )
