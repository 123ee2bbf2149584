"""MLW409: what a language model wrote is compiled as a template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import as_notebook
from mlwarden.rules.flow import WRITERS, argument_of, shown, sureness, telling, way
from mlwarden.semantics import guards
from mlwarden.semantics.sinks import Sink, sink_of

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

_SOURCES = ("llm", "retrieval")
# Call -> the template.
SINKS: dict[str, Sink] = {
    "jinja2.Template": Sink("source", 0),
    "jinja2.environment.Template": Sink("source", 0),
    "jinja2.Template.from_code": Sink("code", 1),
    "jinja2.nativetypes.NativeTemplate": Sink("source", 0),
    "*.from_string": Sink(
        "source",
        0,
        also=(("template_code", None),),
        owner=r"(?:jinja2|flask|django\.template|bottle|starlette|fastapi|airflow)\b.*(?:Environment\(\)|jinja_env|env|engines\[\]|Engine\(\)|Engine\.get_default\(\))",
        written=r"(?:\w*_)?(?:jinja|jinja2|jinja_env|template_env|j2_env|jinja_environment|jinja2_env)",
    ),
    "jinja2.Environment().compile": Sink("source", 0),
    "jinja2.Environment().compile_expression": Sink("source", 0),
    "flask.render_template_string": Sink("source", 0),
    "quart.render_template_string": Sink("source", 0),
    "flask.templating.render_template_string": Sink("source", 0),
    "flask.stream_template_string": Sink("source", 0),
    "mako.template.Template": Sink("text", 0),
    "django.template.Template": Sink("template_string", 0),
    "django.template.base.Template": Sink("template_string", 0),
    "tornado.template.Template": Sink("template_string", 0),
    "bottle.SimpleTemplate": Sink("source", 0),
    "bottle.template": Sink("", 0),
    "chameleon.PageTemplate": Sink("body", 0),
    "Cheetah.Template.Template": Sink("source", 0),
    "genshi.template.MarkupTemplate": Sink("source", 0),
    "genshi.template.TextTemplate": Sink("source", 0),
    "jinja2.Environment().overlay().from_string": Sink("source", 0),
    "langchain_core.prompts.string.jinja2_formatter": Sink("template", 0, does="sandboxed"),
}
_ENVIRONMENTS = {"jinja2.Environment", "jinja2.environment.Environment"}


class LlmOutputToTemplate(Rule):
    """Output of a language model, compiled as a template.

    ## Why is this bad?

    A template is a program: `{{ cycler.__init__.__globals__.os.popen("id").read() }}` is enough for Jinja to run a
    command, and Mako templates hold Python outright. Who can put text in front of the model can have it write such
    a template, and an f-string that pastes the answer into yours makes it one.

    ## How to fix

    Write the template yourself and hand the answer over as a variable:
    `template.render(answer=answer)`. Where templates must come from the model, render them with
    `jinja2.sandbox.ImmutableSandboxedEnvironment` and pass plain data only.

    ## When it is fine

    When the process that renders it is a sandbox itself.

    ## Limits

    The way from the answer to the call is followed through variables, functions, files and modules of the project.

    ## Fix safety

    The fix is unsafe: templates that reach private attributes, or change what they are given, fail then.
    """

    code = "MLW409"
    name = "llm-output-to-template"
    severity = Severity.HIGH
    calls = tuple(SINKS)
    needs = ("@model",)
    cwe = (1336,)
    owasp_llm = ("LLM05",)
    atlas = ("AML.T0050",)
    references = (
        Reference("Jinja: Sandbox", "https://jinja.palletsprojects.com/en/stable/sandbox/"),
        Reference("CVE-2024-34359, llama-cpp-python", "https://nvd.nist.gov/vuln/detail/CVE-2024-34359"),
        Reference("OWASP LLM05:2025 Improper Output Handling", "https://genai.owasp.org/llmrisk/llm05/"),
    )
    examples = (
        Bad(
            """
            from jinja2 import Template
            from openai import OpenAI

            reply = OpenAI().chat.completions.create(model="gpt-4o", messages=messages)
            page = Template(reply.choices[0].message.content).render(user=user)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`jinja2.Template` compiles a template that a language model wrote: who can steer the model runs code "
            "here; hand the text over as a variable of a template of your own",
        ),
        Bad(
            """
            import jinja2
            from openai import OpenAI

            environment = jinja2.Environment(autoescape=True)
            text = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            environment.from_string("<h1>" + text + "</h1>").render()
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import jinja2
            from openai import OpenAI

            text = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            jinja2.Environment(trim_blocks=True).from_string(text).render()
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            import jinja2
            from openai import OpenAI
            import jinja2.sandbox

            text = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True).from_string(text).render()
            """,
        ),
        Bad(
            """
            from anthropic import Anthropic
            from flask import Flask, render_template_string

            app = Flask(__name__)

            @app.get("/")
            def page():
                message = Anthropic().messages.create(model="claude", max_tokens=9, messages=messages)
                return render_template_string(f"<p>{message.content[0].text}</p>")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain_openai import ChatOpenAI
            from mako.template import Template

            def mail(order):
                text = ChatOpenAI(model="gpt-4o").invoke(f"Write a mail about {order}").content
                return Template(text=text).render()
                       ^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            import ollama
            from django.template import Context, Template

            answer = ollama.generate(model="llama3", prompt=prompt)["response"]
            Template(answer).render(Context({}))
            ^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            message="`django.template.Template` compiles a template that a language model wrote: who can steer the model "
            "reads what the template is given; hand the text over as a variable of a template of your own",
        ),
        Bad(
            as_notebook(
                "from jinja2 import Environment\nfrom openai import OpenAI\nenv = Environment()",
                "answer = OpenAI().responses.create(model='gpt-4o', input=q).output_text",
                "env.from_string(answer).render()",
            ),
            path="example.ipynb",
            texts=("env.from_string(answer)",),
        ),
        Good(
            """
            from jinja2 import Template
            from openai import OpenAI

            reply = OpenAI().responses.create(model="gpt-4o", input=question)
            page = Template("<p>{{ answer }}</p>").render(answer=reply.output_text)
            """,
            because="the answer is a variable",
        ),
        Good(
            """
            from flask import render_template, render_template_string
            from openai import OpenAI

            def page():
                text = OpenAI().responses.create(model="gpt-4o", input=question).output_text
                render_template_string("<p>{{ answer }}</p>", answer=text)
                return render_template("page.html", answer=text)
            """,
            because="the answer is a variable",
        ),
        Good(
            """
            from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment
            from openai import OpenAI

            text = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            ImmutableSandboxedEnvironment().from_string(text).render()
            environment = SandboxedEnvironment()
            environment.from_string(text).render()
            """,
            because="rendered in a sandbox",
        ),
        Good(
            """
            from string import Template
            from openai import OpenAI

            text = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            Template(text).safe_substitute(name="Ada")
            """,
            because="templates of the standard library only put values in",
        ),
        Good(
            """
            from jinja2 import Environment, FileSystemLoader
            from openai import OpenAI

            TEMPLATES = {"short": "{{ a }}", "long": "<p>{{ a }}</p>"}
            text = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            Environment().from_string(TEMPLATES[text]).render(a=1)
            """,
            because="the model chooses among templates of the program",
        ),
        Missed(
            """
            from jinja2 import DictLoader, Environment
            from openai import OpenAI

            text = OpenAI().responses.create(model="gpt-4o", input=question).output_text
            Environment(loader=DictLoader({"page": text})).get_template("page").render()
            """,
            because="what loaders are given is not looked at",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report templates that a model wrote, or that hold what it wrote."""
        found = sink_of(call, SINKS)
        if found is None or call.fragment.path is not None:
            return
        sink, resolved = found
        if sink.does == "sandboxed" or _in_sandbox(call.receiver):
            return
        for place in sink.places:
            taint = telling(argument_of(call, place), _SOURCES)
            if taint is None or guards.is_guarded(call, *place, model):
                continue
            plain = call.name.startswith("django.")
            harm = "reads what the template is given" if plain else "runs code here"
            yield self.finding(
                call.span,
                f"`{shown(call)}` compiles a template {WRITERS[taint.kind]}: who can steer the model {harm}; hand the text "
                "over as a variable of a template of your own",
                severity=Severity.MEDIUM if plain else self.severity,
                confidence=sureness(taint, resolved),
                trace=way(call, taint),
                fixes=_sandboxed(call, model),
            )
            return


def _in_sandbox(receiver: Value | None) -> bool:
    return receiver is not None and any("Sandboxed" in name for name in receiver.names())


def _sandboxed(call: CallSite, model: SemanticModel) -> Iterator[Fix]:
    """Where the environment is made in the same expression: make it a sandbox."""
    for option in () if call.receiver is None else call.receiver.alternatives():
        made = getattr(option, "made_by", None)
        if made is None or made.name not in _ENVIRONMENTS or made.indirect or made.fragment is not call.fragment:
            continue
        if not call.span.start <= made.span.start < call.span.end:
            continue
        module, added = model.import_edit("jinja2.sandbox", call.span)
        edits = (TextEdit(made.callee_span, f"{module}.ImmutableSandboxedEnvironment"),)
        yield Fix(
            "Render it in `jinja2.sandbox.ImmutableSandboxedEnvironment`",
            edits if added is None else (*edits, added),
            Applicability.UNSAFE,
            "templates that reach private attributes or change what they are given fail then",
        )
        return
