"""MLW501: a Gradio demo with a public tunnel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Reference, Rule, Severity

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

LAUNCHES = tuple(
    f"gradio.{name}().launch" for name in ("Blocks", "Interface", "ChatInterface", "TabbedInterface", "Workflow")
)


class GradioShare(Rule):
    """A Gradio demo that is shared through a public tunnel.

    ## Why is this bad?

    `share=True` opens a public address, tunnelled to this machine, for up to a week. Everybody who has or finds the
    address can use the demo, its files and whatever its functions do. Without `auth` nobody is asked for a password.

    ## How to fix

    Leave `share` out; put the demo behind your own proxy, or at least set `auth`.

    ## When it is fine

    For a demo of a few minutes, with `auth`, on a machine that holds nothing else.

    ## Limits

    On Colab and other hosted notebooks Gradio shares even when `share` is left out; that is not reported.

    ## Fix safety

    The fix is unsafe because people who use the public address lose it.
    """

    code = "MLW501"
    name = "gradio-share"
    severity = Severity.MEDIUM
    calls = LAUNCHES
    cwe = (668,)
    owasp_llm = ("LLM06",)
    atlas = ("AML.T0049",)
    references = (
        Reference("Gradio: sharing your app", "https://www.gradio.app/guides/sharing-your-app#sharing-demos"),
    )
    examples = (
        Bad(
            """
            import gradio as gr

            demo = gr.Interface(fn=predict, inputs="text", outputs="label")
            demo.launch(share=True)
            ^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            fixed="""
            import gradio as gr

            demo = gr.Interface(fn=predict, inputs="text", outputs="label")
            demo.launch(share=False)
            """,
        ),
        Bad(
            """
            import gradio as gr

            with gr.Blocks() as app:
                gr.Textbox()
            app.queue().launch(share=True, auth=("team", password))
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            fixed="""
            import gradio as gr

            with gr.Blocks() as app:
                gr.Textbox()
            app.queue().launch(share=False, auth=("team", password))
            """,
        ),
        Bad(
            """
            import gradio as gr

            OPTIONS = {"share": True, "debug": False}

            class App:
                def __init__(self):
                    self.ui = gr.ChatInterface(respond)

                def start(self):
                    self.ui.launch(**OPTIONS)
                    ^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            import gradio as gr

            gr.Interface(fn=predict, inputs="text", outputs="label").launch()
            """,
            because="it listens on this machine only",
        ),
        Good(
            """
            import gradio as gr

            gr.Interface(fn=predict, inputs="text", outputs="label").launch(share=False)
            """,
            because="sharing is off",
        ),
        Good(
            """
            rocket.launch(share=True)
            """,
            because="it is no Gradio demo",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report `share=True`; worse without a password."""
        if not call.argument("share", 2).may_be_true():
            return
        auth = call.argument("auth")
        guarded = not (auth.is_absent or auth.must_be(None))
        edit = call.set_argument("share", "False", 2)
        fixes = (
            ()
            if edit is None
            else (Fix("Turn sharing off", (edit,), Applicability.UNSAFE, "people who use the public address lose it"),)
        )
        yield self.finding(
            call.span,
            "`launch(share=True)` opens a public address to this machine"
            + ("" if guarded else ", and nobody is asked for a password"),
            severity=Severity.MEDIUM if guarded else Severity.HIGH,
            confidence=Confidence.MEDIUM if auth.is_unknown and not guarded else Confidence.HIGH,
            trace=call.context,
            fixes=fixes,
        )
