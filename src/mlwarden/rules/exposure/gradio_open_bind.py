"""MLW502: a Gradio demo that listens on all interfaces without a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, DocumentKind, Finding, Fix, Good, Reference, Rule, Severity
from mlwarden.rules.exposure.gradio_share import LAUNCHES
from mlwarden.semantics.environment import ANY_VALUE, Setting, settings_in_code, settings_in_text
from mlwarden.semantics.hosts import is_open

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document


_VARIABLE = "GRADIO_SERVER_NAME"
# Where a container or its platform decides which ports are published.
_CONTAINER = re.compile(r"dockerfile|containerfile|compose|procfile|\.ya?ml$|entrypoint", re.IGNORECASE)


class GradioOpenBind(Rule):
    """A Gradio demo bound to all interfaces without authentication.

    ## Why is this bad?

    `server_name="0.0.0.0"` makes the demo reachable from every network the machine is in. Without `auth`, everybody
    there can use the model, upload files and trigger whatever the demo's functions do.

    ## How to fix

    Leave `server_name` out, so that the demo listens on this machine only, and put a proxy with
    authentication in front; or set `auth`.

    ## When it is fine

    Inside a container whose port is published to a proxy only.

    ## Limits

    A proxy or firewall in front is not seen.

    ## Fix safety

    The fix is unsafe because other machines can no longer reach the demo.
    """

    code = "MLW502"
    name = "gradio-open-bind"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = LAUNCHES
    triggers = (("gradio", "server_name"), _VARIABLE)
    yields_to = ("MLW427",)
    cwe = (306, 1327)
    owasp_llm = ("LLM06",)
    atlas = ("AML.T0049",)
    references = (
        Reference("Gradio: Blocks.launch", "https://www.gradio.app/docs/gradio/blocks#blocks-launch"),
        Reference("Gradio: authentication", "https://www.gradio.app/guides/sharing-your-app#authentication"),
    )
    examples = (
        Bad(
            """
            import gradio as gr

            demo = gr.Interface(fn=predict, inputs="image", outputs="label")
            demo.launch(server_name="0.0.0.0", server_port=7860)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            fixed="""
            import gradio as gr

            demo = gr.Interface(fn=predict, inputs="image", outputs="label")
            demo.launch(server_name="127.0.0.1", server_port=7860)
            """,
        ),
        Bad(
            """
            import argparse
            import gradio as gr

            parser = argparse.ArgumentParser()
            parser.add_argument("--host", default="0.0.0.0")
            args = parser.parse_args()
            gr.ChatInterface(respond).queue().launch(server_name=args.host)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.MEDIUM,
            fixed="""
            import argparse
            import gradio as gr

            parser = argparse.ArgumentParser()
            parser.add_argument("--host", default="0.0.0.0")
            args = parser.parse_args()
            gr.ChatInterface(respond).queue().launch(server_name="127.0.0.1")
            """,
        ),
        Bad(
            """
            import gradio

            HOST = "::"

            def main():
                with gradio.Blocks() as demo:
                    build()
                demo.launch(inbrowser=False, server_name=HOST)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import gradio

            HOST = "::"

            def main():
                with gradio.Blocks() as demo:
                    build()
                demo.launch(inbrowser=False, server_name="127.0.0.1")
            """,
        ),
        Bad(
            """
            import os

            os.environ["GRADIO_SERVER_NAME"] = "0.0.0.0"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            fixed="""
            import os

            """,
        ),
        Good(
            """
            FROM python:3.12
            ENV GRADIO_SERVER_NAME="0.0.0.0"
            """,
            path="Dockerfile",
            because="in a container the published ports decide who reaches it",
        ),
        Good(
            """
            import gradio as gr

            gr.Interface(fn=predict, inputs="image", outputs="label").launch(server_name="0.0.0.0", auth=check_login)
            """,
            because="a login is asked for",
        ),
        Good(
            """
            import gradio as gr

            gr.Interface(fn=predict, inputs="image", outputs="label").launch(server_name="127.0.0.1")
            """,
            because="it listens on this machine only",
        ),
        Good(
            """
            server.launch(server_name="0.0.0.0")
            """,
            because="it is no Gradio demo",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report an open host where no kind of authentication is given."""
        host = call.argument("server_name")
        if not any(is_open(text) for text in host.strings()):
            return
        for keyword in ("auth", "auth_dependency"):
            given = call.argument(keyword)
            if not (given.is_absent or given.may_be(None)):
                return
        edit = call.set_argument("server_name", '"127.0.0.1"')
        fixes = (
            ()
            if edit is None
            else (
                Fix(
                    "Listen on this machine only",
                    (edit,),
                    Applicability.UNSAFE,
                    "other machines can no longer reach the demo",
                ),
            )
        )
        yield self.finding(
            call.span,
            "the Gradio demo listens on all interfaces without a password: everybody on the network can use it",
            confidence=Confidence.HIGH if host.string() is not None else Confidence.MEDIUM,
            trace=call.context,
            fixes=fixes,
        )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report code that sets the variable, where no launch in the document asks for a password."""
        guarded = any(
            not (call.argument(keyword).is_absent or call.argument(keyword).may_be(None))
            for name in LAUNCHES
            for call in model.calls_of(name)
            for keyword in ("auth", "auth_dependency")
        )
        if not guarded:
            yield from self._variable(settings_in_code(model, _VARIABLE))

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report cells, scripts and configuration that set the variable; not those of containers."""
        if not _CONTAINER.search(document.path):
            yield from self._variable(settings_in_text(document, _VARIABLE, value=ANY_VALUE))

    def _variable(self, settings: Iterator[Setting]) -> Iterator[Finding]:
        for setting in settings:
            if any(map(is_open, setting.value.strings())):
                reason = "other machines can no longer reach the demo"
                removal = setting.removal
                yield self.finding(
                    setting.span,
                    f"by `{_VARIABLE}` Gradio demos listen on all interfaces: without `auth` everybody on the network can use them",
                    confidence=Confidence.MEDIUM,
                    fixes=()
                    if removal is None
                    else (Fix("Remove the variable", (removal,), Applicability.UNSAFE, reason),),
                )
