"""MLW502: a Gradio demo that listens on all interfaces without a password."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Reference, Rule, Severity
from mlwarden.rules.exposure.gradio_share import LAUNCHES
from mlwarden.semantics.hosts import is_open

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


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
    calls = LAUNCHES
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
