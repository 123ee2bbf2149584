"""MLW511: text that is put into a page as HTML, without escaping or sanitizing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
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
from mlwarden.semantics.loaders import switched_off, switched_on
from mlwarden.semantics.values import Constant, Text
from mlwarden.semantics.values import Reference as Named
from mlwarden.source.documents import PlainText

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value
    from mlwarden.source.documents import Document

# Method -> (keyword and position of the text, keyword and position of the switch). Streamlit 1.67.
_STREAMLIT: dict[str, tuple[tuple[str, int], tuple[str, int | None]]] = {
    "markdown": (("body", 0), ("unsafe_allow_html", 1)),
    "caption": (("body", 0), ("unsafe_allow_html", 1)),
    "write": (("", 0), ("unsafe_allow_html", None)),
    "html": (("body", 0), ("unsafe_allow_javascript", None)),
}
_GRADIO = tuple(f"gradio.{place}{name}" for place in ("", "components.") for name in ("Chatbot", "Markdown"))
_DASH = ("dash.dcc.Markdown", "dash_core_components.Markdown")
_FOREIGN = ("llm", "retrieval", "tool", "request", "network", "input")
_ESCAPES = frozenset(
    {"html.escape()", "markupsafe.escape()", "bleach.clean()", "nh3.clean()", "xml.sax.saxutils.escape()"}
)
_CHAINLIT = re.compile(r"^[ \t]*(?P<setting>unsafe_allow_html[ \t]*=[ \t]*(?P<value>true))\b", re.MULTILINE)
_SCRIPTS = "whoever wrote a part of it can put links, forms and scripts into the page of everybody who sees it"


class UnsafeHtmlFlag(Rule):
    """Text that is put into a page as HTML, without escaping or sanitizing.

    ## Why is this bad?

    By default Streamlit, Gradio, Dash and Chainlit show HTML in a text as text, or clean it. With the switch, what is
    in the text becomes part of the page: a name, a file name, a value from a table or an answer of the model can bring a
    form that asks for a password, a picture whose address carries the conversation away, or a script.

    ## How to fix

    Leave the switch out. Where the layout needs HTML, escape what is put in: `html.escape(name)`.

    ## When it is fine

    For text that is wholly in the code, which is not reported, and for numbers.

    ## Limits

    Where a part's origin is not known, the finding has low confidence. Output of a language model that is followed to the
    page is reported by MLW404.

    ## Fix safety

    The fix is unsafe because HTML in the text is shown as text then.
    """

    code = "MLW511"
    name = "unsafe-html-flag"
    severity = Severity.MEDIUM
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = (*(f"*.{name}" for name in _STREAMLIT), *_GRADIO, *_DASH)
    assigns = ("*.unsafe_allow_html",)
    triggers = (
        "unsafe_allow_html",
        "unsafe_allow_javascript",
        "sanitize_html",
        "dangerously_allow_html",
        *(("streamlit", name, "True") for name in ("markdown", "caption")),
    )
    yields_to = ("MLW404",)
    cwe = (79,)
    owasp_llm = ("LLM05",)
    atlas = ("AML.T0077",)
    references = (
        Reference("Streamlit: st.markdown", "https://docs.streamlit.io/develop/api-reference/text/st.markdown"),
        Reference("Gradio: Chatbot", "https://www.gradio.app/docs/gradio/chatbot"),
        Reference("Dash: Markdown", "https://dash.plotly.com/dash-core-components/markdown"),
    )
    examples = (
        Bad(
            """
            import streamlit as st

            name = st.text_input("Your name")
            st.markdown(f"<h2>Hello {name}</h2>", unsafe_allow_html=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`unsafe_allow_html` makes the text a part of the page: whoever wrote a part of it can put links, forms and "
            "scripts into the page of everybody who sees it",
            fixed="""
            import streamlit as st

            name = st.text_input("Your name")
            st.markdown(f"<h2>Hello {name}</h2>")
            """,
        ),
        Bad(
            """
            import pandas as pd
            import streamlit as st

            rows = pd.read_csv("reviews.csv")
            left, right = st.columns(2)
            for row in rows.itertuples():
                left.markdown("<b>" + row.title + "</b>", unsafe_allow_html=True)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                st.sidebar.caption(row.text, True)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.LOW,
            fixed="""
            import pandas as pd
            import streamlit as st

            rows = pd.read_csv("reviews.csv")
            left, right = st.columns(2)
            for row in rows.itertuples():
                left.markdown("<b>" + row.title + "</b>")
                st.sidebar.caption(row.text, False)
            """,
        ),
        Bad(
            """
            import streamlit as st

            HTML = {"unsafe_allow_html": True}

            def show(text):
                st.write(text, **HTML)
                ^^^^^^^^^^^^^^^^^^^^^^
                st.html(text, unsafe_allow_javascript=True)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import streamlit as st

            HTML = {"unsafe_allow_html": True}

            def show(text):
                st.write(text, **HTML)
                st.html(text)
            """,
        ),
        Bad(
            """
            import gradio as gr

            with gr.Blocks() as demo:
                chat = gr.Chatbot(sanitize_html=False, height=400)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                answer = gr.Markdown(sanitize_html=False)
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            fixed="""
            import gradio as gr

            with gr.Blocks() as demo:
                chat = gr.Chatbot(height=400)
                answer = gr.Markdown()
            """,
        ),
        Bad(
            """
            from dash import Dash, dcc

            def card(text):
                return dcc.Markdown(text, dangerously_allow_html=True)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            confidence=Confidence.LOW,
            fixed="""
            from dash import Dash, dcc

            def card(text):
                return dcc.Markdown(text)
            """,
        ),
        Bad(
            """
            [features]
            # Process and display HTML in messages
            unsafe_allow_html = true
            ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path=".chainlit/config.toml",
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            fixed="""
            [features]
            # Process and display HTML in messages
            unsafe_allow_html = false
            """,
        ),
        Bad(
            """
            from chainlit.config import config

            config.features.unsafe_allow_html = True
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            from chainlit.config import config

            config.features.unsafe_allow_html = False
            """,
        ),
        Good(
            """
            import streamlit as st

            STYLE = "<style>.stApp { background: white }</style>"

            st.markdown(STYLE, unsafe_allow_html=True)
            st.markdown(f"<b>{STYLE}</b>", unsafe_allow_html=True)
            st.markdown(text)
            st.write(text, unsafe_allow_html=False)
            st.html("<p>fixed</p>", unsafe_allow_javascript=True)
            """,
            because="the text is in the code, or HTML in it is shown as text",
        ),
        Good(
            """
            import html
            import streamlit as st

            name = st.text_input("Your name")
            st.markdown(html.escape(name), unsafe_allow_html=True)
            """,
            because="what is put in was escaped",
        ),
        Good(
            """
            import gradio as gr
            from dash import dcc

            gr.Chatbot()
            gr.Markdown(sanitize_html=True)
            dcc.Markdown(text)
            """,
            because="the text is sanitized",
        ),
        Good(
            """
            class Writer:
                def markdown(self, body, unsafe_allow_html=False):
                    return body

            Writer().markdown(text, unsafe_allow_html=True)
            """,
            because="it is the project's own class",
        ),
        Good(
            """
            [features]
            unsafe_allow_html = false
            """,
            path=".chainlit/config.toml",
            because="HTML is shown as text",
        ),
        Missed(
            """
            from nicegui import ui

            def show(text):
                ui.html(text, sanitize=False)
            """,
            because="NiceGUI is not known yet",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a switch that is on where the text is not wholly in the code."""
        if call.name in _GRADIO:
            sure = switched_off(call.argument("sanitize_html"))
            if sure is not None:
                yield self._reported(call, "sanitize_html=False", sure, call.remove_argument("sanitize_html"))
            return
        if call.name in _DASH:
            text, (switch, position) = call.argument("children", 0), ("dangerously_allow_html", None)
        elif _is_streamlit(call):
            (keyword, place), (switch, position) = _STREAMLIT[call.attribute]
            text = call.argument(keyword, place)
        else:
            return
        sure = switched_on(call.argument(switch, position))
        if sure is None:
            return
        certain = _certainty(text)
        if certain is None:
            return
        edit = call.remove_argument(switch) or (
            call.set_argument(switch, "False", position) if call.argument_span(switch, position) is not None else None
        )
        yield self._reported(call, switch, min(sure, certain), edit)

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report Chainlit's configuration in code."""
        sure = switched_on(assignment.value)
        if sure is not None and "chainlit" in assignment.target and assignment.fragment.path is None:
            yield self.finding(
                assignment.span,
                f"`unsafe_allow_html` makes messages a part of the page: {_SCRIPTS}",
                confidence=sure,
                fixes=_fixes(TextEdit(assignment.value_span, "False")),
            )

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report Chainlit's configuration file."""
        if isinstance(document, PlainText) and re.search(r"(?:^|[/\\])\.chainlit[/\\][^/\\]*\.toml$", document.path):
            for match in _CHAINLIT.finditer(document.text):
                yield self.finding(
                    Span(match.start("setting"), match.end("setting")),
                    f"`unsafe_allow_html` makes messages a part of the page: {_SCRIPTS}",
                    fixes=_fixes(TextEdit(Span(match.start("value"), match.end("value")), "false")),
                )

    def _reported(self, call: CallSite, switch: str, sure: Confidence, edit: TextEdit | None) -> Finding:
        message = f"`{switch}` makes the text a part of the page: {_SCRIPTS}"
        return self.finding(call.span, message, confidence=sure, trace=call.context, fixes=_fixes(edit))


def _is_streamlit(call: CallSite) -> bool:
    """Whether it is a method of Streamlit, or of something unknown that is given Streamlit's switch."""
    if call.attribute not in _STREAMLIT or call.receiver_defines(call.attribute):
        return False
    if call.name:
        return call.name.startswith("streamlit.")
    return _STREAMLIT[call.attribute][1][0] in call.keyword_names()


def _certainty(text: Value) -> Confidence | None:
    """How sure it is that somebody else wrote a part of the text; None if all of it is in the code, or escaped."""
    if text.tainted_by(*_FOREIGN):
        return Confidence.HIGH if not _is_escaped(text) else None
    options = text.alternatives()
    if text.is_absent or all(isinstance(option, Constant) or _is_escaped(option) for option in options):
        return None
    if all(isinstance(option, Text) and None not in option.parts for option in options):
        return None
    return Confidence.LOW


def _is_escaped(text: Value) -> bool:
    return isinstance(text, Named) and text.name in _ESCAPES


def _fixes(edit: TextEdit | None) -> tuple[Fix, ...]:
    reason = "HTML in the text is shown as text, or cleaned"
    return () if edit is None else (Fix("Leave HTML in the text inactive", (edit,), Applicability.UNSAFE, reason),)
