"""MLW420: text that others wrote is woven into the instructions of a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.flow import telling, way
from mlwarden.semantics.prompts import SYSTEM, TRIGGERS, Said, said, woven

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel

_SOURCES = ("request", "tool", "retrieval", "network")
_WRITERS = {
    "request": "text from a web request",
    "tool": "text that a model passed to this tool",
    "retrieval": "text of retrieved documents",
    "network": "text from the network",
}


class UntrustedInputInSystemPrompt(Rule):
    """Text that others wrote, woven into the system prompt.

    ## Why is this bad?

    Models are trained to obey the system prompt before everything else. Who can write into it by way of an f-string
    (a user, a web page, a document that is retrieved) gives the model orders with your authority: ignore the rules
    above, show the prompt, call that tool. Separators and pleas in the prompt do not stop it.

    ## How to fix

    Keep the instructions constant. Put the text into a message of its own in the role `user`, and say in the
    instructions that such messages hold data. Where the instructions depend on the user, choose them from a
    table of your own texts.

    ## When it is fine

    When the text can only be one of a few values that were checked before, and when the application gives its users
    the whole system prompt to write anyway (a text that is the whole prompt is not reported).

    ## Limits

    Reported are web requests, retrieved documents, arguments of tools and downloads; not what a person types at the
    command line of their own machine. Variables of prompt templates that a chain fills in at run time are not
    followed.

    ## Fix safety

    The fix is unsafe: the whole message, your own words too, is then said in the role `user`.
    """

    code = "MLW420"
    name = "untrusted-input-in-system-prompt"
    severity = Severity.HIGH
    triggers = TRIGGERS
    needs = ("@request", "@tool", "@network", "@model")
    cwe = (1427,)
    owasp_llm = ("LLM01",)
    atlas = ("AML.T0051.000", "AML.T0051.001")
    references = (
        Reference("OWASP LLM01:2025 Prompt Injection", "https://genai.owasp.org/llmrisk/llm01/"),
        Reference(
            "CWE-1427: Improper Neutralization of Input Used for LLM Prompting",
            "https://cwe.mitre.org/data/definitions/1427.html",
        ),
        Reference("OpenAI: the instruction hierarchy", "https://arxiv.org/abs/2404.13208"),
    )
    examples = (
        Bad(
            """
            from flask import Flask, request
            from openai import OpenAI

            app = Flask(__name__)
            client = OpenAI()

            @app.post("/ask")
            def ask():
                name = request.json["name"]
                reply = client.chat.completions.create(
                    model="gpt-4o",
                    messages=[
                        {"role": "system", "content": f"You are the assistant of {name}."},
                                                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                        {"role": "user", "content": request.json["question"]},
                    ],
                )
                return reply.choices[0].message.content
            """,
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            message="The system prompt of `openai.OpenAI.chat.completions.create` holds text from a web request: who "
            "writes it gives the model instructions; say it in the role `user`",
            fixed="""
            from flask import Flask, request
            from openai import OpenAI

            app = Flask(__name__)
            client = OpenAI()

            @app.post("/ask")
            def ask():
                name = request.json["name"]
                reply = client.chat.completions.create(
                    model="gpt-4o",
                    messages=[
                        {"role": "user", "content": f"You are the assistant of {name}."},
                        {"role": "user", "content": request.json["question"]},
                    ],
                )
                return reply.choices[0].message.content
            """,
        ),
        Bad(
            """
            import anthropic
            from fastapi import FastAPI
            from pydantic import BaseModel

            app = FastAPI()
            client = anthropic.AsyncAnthropic()
            PROMPT = "You sell shoes. The customer describes himself so: {profile}. Be polite."

            class Question(BaseModel):
                profile: str
                text: str

            @app.post("/chat")
            async def chat(question: Question):
                return await client.messages.create(
                    model="claude-sonnet-4-5",
                    max_tokens=1000,
                    system=PROMPT.format(profile=question.profile),
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                    messages=[{"role": "user", "content": question.text}],
                )
            """,
        ),
        Bad(
            """
            from langchain_core.messages import HumanMessage, SystemMessage
            from langchain_community.vectorstores import FAISS
            from langchain_openai import ChatOpenAI, OpenAIEmbeddings

            def answer(question, store_path):
                store = FAISS.load_local(store_path, OpenAIEmbeddings())
                found = store.similarity_search(question)
                context = "\\n".join(document.page_content for document in found)
                rules = SystemMessage(content="Answer from these documents:\\n" + context)
                                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return ChatOpenAI(model="gpt-4o").invoke([rules, HumanMessage(content=question)])
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            import streamlit as st
            from openai import OpenAI

            topic = st.text_input("Topic")
            instructions = "You are an expert on %s. Never talk about prices." % topic
            reply = OpenAI().responses.create(model="gpt-4o", instructions=instructions, input=st.chat_input())
                                                                           ^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import requests
            from agents import Agent, Runner

            page = requests.get("https://example.com/rules").text
            agent = Agent(name="Helper", instructions=f"Follow the rules of the house: {page}")
                                                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            from flask import request
            from langchain_core.prompts import ChatPromptTemplate

            def prompt():
                return ChatPromptTemplate.from_messages(
                    [("system", f"You speak {request.args['language']} only."), ("human", "{question}")]
                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                )
            """,
            fixed="""
            from flask import request
            from langchain_core.prompts import ChatPromptTemplate

            def prompt():
                return ChatPromptTemplate.from_messages(
                    [("user", f"You speak {request.args['language']} only."), ("human", "{question}")]
                )
            """,
        ),
        Bad(
            """
            from flask import request

            class Bot:
                def reply(self, name):
                    messages = [{"role": "system", "content": "The user is called " + name + "."}]
                    messages.append({"role": "user", "content": request.form["text"]})
                    return self.client.chat.completions.create(model="gpt-4o", messages=messages)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            def view():
                return Bot().reply(request.form["name"])
            """,
        ),
        Bad(
            """
            import requests
            from flask import request

            requests.post(
                "https://api.openai.com/v1/chat/completions",
                json={"messages": [{"role": "developer", "content": f"Your user is {request.args['who']}"}]},
                                                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            )
            """,
            fixed="""
            import requests
            from flask import request

            requests.post(
                "https://api.openai.com/v1/chat/completions",
                json={"messages": [{"role": "user", "content": f"Your user is {request.args['who']}"}]},
            )
            """,
        ),
        Bad(
            """
            from google import genai
            from google.genai import types
            from flask import request

            def ask():
                setup = types.GenerateContentConfig(system_instruction=f"Act as {request.args['role']}.")
                                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return genai.Client().models.generate_content(model="gemini-2.5-pro", contents="Hello", config=setup)
            """,
        ),
        Good(
            """
            from flask import request
            from openai import OpenAI

            def ask():
                return OpenAI().chat.completions.create(
                    model="gpt-4o",
                    messages=[
                        {"role": "system", "content": "You are a helpful assistant."},
                        {"role": "user", "content": f"Question: {request.json['question']}"},
                    ],
                )
            """,
            because="what the user writes is said in the role `user`",
        ),
        Good(
            """
            import gradio as gr
            from huggingface_hub import InferenceClient

            client = InferenceClient("HuggingFaceH4/zephyr-7b-beta")

            def respond(message, history, system_message):
                messages = [{"role": "system", "content": system_message}, {"role": "user", "content": message}]
                return client.chat_completion(messages).choices[0].message.content

            gr.ChatInterface(respond, additional_inputs=[gr.Textbox(label="System message")]).launch()
            """,
            because="the visitor writes the whole system prompt, by design",
        ),
        Good(
            """
            from flask import request
            from openai import OpenAI

            STYLES = {"short": "Answer in one sentence.", "long": "Answer at length."}

            def ask():
                style = STYLES[request.args["style"]]
                return OpenAI().responses.create(
                    model="gpt-4o", instructions=f"You sell shoes. {style}", input=request.args["q"]
                )
            """,
            because="the request only chooses among texts of the program",
        ),
        Good(
            """
            import argparse
            from openai import OpenAI

            parser = argparse.ArgumentParser()
            parser.add_argument("--topic")
            args = parser.parse_args()
            OpenAI().responses.create(model="gpt-4o", instructions=f"You explain {args.topic}.", input="Begin.")
            """,
            because="who starts the program may tell it what to do",
        ),
        Good(
            """
            from datetime import date
            from openai import OpenAI

            def ask(question):
                return OpenAI().responses.create(
                    model="gpt-4o", instructions=f"Today is {date.today()}.", input=question
                )
            """,
            because="nobody else writes the date",
        ),
        Good(
            """
            from fastapi import FastAPI
            from openai import OpenAI

            app = FastAPI()

            @app.get("/ask")
            def ask(limit: int, question: str):
                return OpenAI().responses.create(
                    model="gpt-4o", instructions=f"Answer in at most {limit} words.", input=question
                )
            """,
            because="a number gives no instructions",
        ),
        Good(
            """
            from flask import request
            from project.events import SystemMessage, log

            def view():
                log(SystemMessage(f"page {request.args['page']}"))
            """,
            because="a class of the project's own",
        ),
        Missed(
            """
            from langchain_core.prompts import ChatPromptTemplate
            from langchain_openai import ChatOpenAI
            from flask import request

            prompt = ChatPromptTemplate.from_messages([("system", "You help {name}."), ("human", "{question}")])
            chain = prompt | ChatOpenAI(model="gpt-4o")

            def view():
                return chain.invoke({"name": request.args["name"], "question": request.args["q"]})
            """,
            because="what a chain puts into its templates is not followed",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report instructions that are made of the program's words and of data of others."""
        for call in model.calls:
            if call.fragment.path is not None:
                continue
            for text in said(call):
                if text.role == SYSTEM and woven(text.text):
                    yield from self._judge(call, text)

    def _judge(self, call: CallSite, text: Said) -> Iterator[Finding]:
        taint = telling(text.text, _SOURCES)
        if taint is None:
            return
        name = call.name.replace("()", "").replace("[]", "") or call.written
        yield self.finding(
            text.span,
            f"The system prompt of `{name}` holds {_WRITERS[taint.kind]}: who writes it gives the model instructions; "
            "say it in the role `user`",
            severity=self.severity if taint.kind in {"request", "tool"} else Severity.MEDIUM,
            confidence=Confidence.MEDIUM if taint.certain else Confidence.LOW,
            trace=way(call, taint),
            fixes=_other_role(call, text),
        )


def _other_role(call: CallSite, text: Said) -> Iterator[Fix]:
    """Say the message in the role `user`, where the role is written as a literal beside it."""
    node = text.role_node
    written = None if node is None else call.fragment.as_written(node)
    if node is None or written is None:
        return
    yield Fix(
        "Say it in the role `user`",
        (TextEdit(call.fragment.span(node), f"{written.prefix}{written.quote}user{written.quote}"),),
        Applicability.UNSAFE,
        "the whole message is then said in the role `user`",
    )
