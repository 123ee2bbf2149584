"""MLW404: what a language model wrote is shown as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules import sink_rule
from mlwarden.rules.base import Bad, Confidence, Fix, Good, Missed, Reference, Severity
from mlwarden.rules.examples import as_notebook

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel


class LlmOutputToHtml(sink_rule.SinkRule):
    """Output of a language model that a browser shows as HTML.

    ## Why is this bad?

    Who can put text in front of the model can make it answer with markup. Shown without escaping, its scripts run in
    the reader's browser, with the reader's session; in a notebook they can run code in the kernel. Even without
    scripts, a picture's address can carry the conversation to another host.

    ## How to fix

    Show the answer as text or as Markdown that the framework sanitizes. Where markup is needed, escape what the model
    wrote with `html.escape` before it is put into yours, or clean it with `nh3`.

    ## When it is fine

    When the page is shown in a sandboxed frame of another origin.

    ## Limits

    Templates (`{{ answer|safe }}`) and what handlers return to a `gradio.HTML` component are not seen.

    ## Fix safety

    Without `unsafe_allow_html`, tags in the text are shown as they are written.
    """

    code = "MLW404"
    name = "llm-output-to-html"
    severity = Severity.HIGH
    groups = (sink_rule.HTML,)
    calls = tuple(sink_rule.HTML.table)
    needs = ("@model",)
    cwe = (79,)
    owasp_llm = ("LLM05",)
    atlas = ("AML.T0077", "AML.T0051")
    references = (
        Reference("OWASP LLM05:2025 Improper Output Handling", "https://genai.owasp.org/llmrisk/llm05/"),
        Reference("Streamlit: st.markdown", "https://docs.streamlit.io/develop/api-reference/text/st.markdown"),
        Reference("nh3, an HTML sanitizer", "https://nh3.readthedocs.io/"),
    )
    examples = (
        Bad(
            """
            import streamlit as st
            from openai import OpenAI

            reply = OpenAI().chat.completions.create(model="gpt-4o", messages=messages)
            answer = reply.choices[0].message.content
            st.markdown(answer, unsafe_allow_html=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`streamlit.markdown` shows markup that a language model wrote: who can steer the model runs scripts in "
            "the reader's browser; escape it, or clean it with `nh3`",
            fixed="""
            import streamlit as st
            from openai import OpenAI

            reply = OpenAI().chat.completions.create(model="gpt-4o", messages=messages)
            answer = reply.choices[0].message.content
            st.markdown(answer)
            """,
        ),
        Bad(
            """
            import streamlit as st
            import streamlit.components.v1 as components
            import ollama

            answer = ollama.chat(model="llama3", messages=messages)["message"]["content"]
            left, right = st.columns(2)
            left.write(f"<div class='bubble'>{answer}</div>", unsafe_allow_html=True)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            components.html(answer, height=400)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            fixed="""
            import streamlit as st
            import streamlit.components.v1 as components
            import ollama

            answer = ollama.chat(model="llama3", messages=messages)["message"]["content"]
            left, right = st.columns(2)
            left.write(f"<div class='bubble'>{answer}</div>")
            components.html(answer, height=400)
            """,
        ),
        Bad(
            """
            from fastapi import FastAPI
            from fastapi.responses import HTMLResponse
            from anthropic import Anthropic

            app = FastAPI()
            client = Anthropic()

            @app.get("/", response_class=HTMLResponse)
            def page(question: str):
                message = client.messages.create(model="claude", max_tokens=9, messages=messages)
                return HTMLResponse(f"<h1>Answer</h1>{message.content[0].text}")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            """
            from markupsafe import Markup
            from django.utils.safestring import mark_safe
            from langchain_openai import ChatOpenAI

            answer = ChatOpenAI(model="gpt-4o").invoke(prompt).content
            body = Markup(answer)
                   ^^^^^^^^^^^^^^
            other = mark_safe("<p>" + answer + "</p>")
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import gradio as gr
            from transformers import pipeline

            generator = pipeline("text-generation", model="gpt2")
            text = generator("Hello")[0]["generated_text"]
            with gr.Blocks() as demo:
                gr.HTML(text)
                ^^^^^^^^^^^^^
                gr.Markdown(text, sanitize_html=False)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
        ),
        Bad(
            as_notebook(
                "from IPython.display import HTML, display\nfrom openai import OpenAI",
                "reply = OpenAI().responses.create(model='gpt-4o', input='A chart as SVG')",
                "display(HTML(reply.output_text))",
            ),
            path="example.ipynb",
            texts=("HTML(reply.output_text)",),
            severity=Severity.HIGH,
        ),
        Bad(
            """
            import streamlit as st
            from openai import OpenAI

            answer = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            st.html(answer)
            ^^^^^^^^^^^^^^^
            """,
            severity=Severity.LOW,
        ),
        Good(
            """
            import streamlit as st
            from openai import OpenAI

            answer = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            st.markdown(answer)
            st.write(answer)
            st.markdown("<style>h1 {color: red}</style>", unsafe_allow_html=True)
            """,
            because="Streamlit escapes tags unless it is told not to, and the other text is the program's own",
        ),
        Good(
            """
            import html
            import nh3
            import streamlit as st
            from openai import OpenAI

            answer = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            st.markdown(f"<div>{html.escape(answer)}</div>", unsafe_allow_html=True)
            clean = nh3.clean(answer)
            st.markdown(f"<div>{clean}</div>", unsafe_allow_html=True)
            """,
            because="it is escaped or cleaned",
        ),
        Good(
            """
            import gradio as gr
            from openai import OpenAI

            answer = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            with gr.Blocks() as demo:
                gr.Markdown(answer)
                gr.Chatbot(answer)
                gr.Textbox(answer)
            """,
            because="these sanitize what they show, or show text",
        ),
        Good(
            """
            from fastapi.responses import JSONResponse, Response
            from flask import render_template_string
            from openai import OpenAI

            answer = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            first = JSONResponse({"answer": answer})
            second = Response(answer, media_type="text/plain")
            third = render_template_string("<p>{{ answer }}</p>", answer=answer)
            """,
            because="other types than HTML, and a template that escapes its values",
        ),
        Good(
            """
            import bleach
            from openai import OpenAI
            from markupsafe import Markup, escape

            answer = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            first = Markup(bleach.clean(answer))
            second = Markup("<b>{}</b>").format(answer)
            third = escape(answer)
            """,
            because="`Markup.format` escapes what it is given",
        ),
        Missed(
            """
            from flask import Flask
            from openai import OpenAI

            app = Flask(__name__)

            @app.get("/")
            def page():
                return "<p>" + OpenAI().responses.create(model="gpt-4o", input="Hello").output_text + "</p>"
            """,
            because="what a route returns is not looked at",
        ),
    )

    def fixes(self, call: CallSite, model: SemanticModel) -> Iterator[Fix]:
        """Leave the flag out, so that tags are escaped."""
        if call.name.startswith("streamlit") or call.attribute in ("markdown", "write", "caption"):
            edit = call.remove_argument("unsafe_allow_html")
            if edit is not None and not call.indirect:
                title = "Remove `unsafe_allow_html`"
                yield Fix(title, (edit,), Applicability.UNSAFE, "tags in the text are shown as they are written")
