"""MLW422: prompt templates that others wrote, in a format that reaches objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.rules.base import Bad, Confidence, Finding, Good, Missed, Reference, Rule, Severity
from mlwarden.semantics.origins import OriginKind, origin_of, trace_of
from mlwarden.semantics.prompts import said
from mlwarden.semantics.turning_points import LANGCHAIN_TEMPLATE_ATTRIBUTES, LANGCHAIN_TEMPLATE_ATTRIBUTES_0
from mlwarden.semantics.values import Constant
from mlwarden.semantics.values import Reference as Made

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

_TEMPLATE = re.compile(
    r"langchain(?:_core|_classic)?\.(?:prompts?|schema)[\w.]*\.(?P<kind>\w*Prompt(?:Template)?)"
    r"(?:\.(?P<method>from_template|from_messages|from_file|from_examples|from_template_file))?"
    r"|langchain\.(?P<short>PromptTemplate|FewShotPromptTemplate)(?:\.(?P<short_method>from_template|from_file))?"
    r"|langchain_core\.prompts\.string\.(?P<formatter>jinja2_formatter)|langchain_core\.prompts\.(?P<same>jinja2_formatter)"
)
# Where templates stand.
_TEXTS = (("template", 0), ("prefix", None), ("suffix", None), ("template_file", 0))
_LOCAL = ("cli", "input", "environment")


class JinjaPromptTemplate(Rule):
    """A prompt template that others wrote, in a format that reaches objects.

    ## Why is this bad?

    A Jinja template is a program: `{{ question.__class__ }}` walks from a variable to its class and from there to
    whatever Python has loaded. LangChain renders such templates in a sandbox, which its own documentation calls a
    best effort; before release 0.0.329 there was none. Mustache and f-string templates reached attributes and items
    of the variables as well, before langchain-core 1.0.7 and 0.3.80. Who writes the template reads your objects, and at
    worst runs code.

    ## How to fix

    Write templates as constants and hand texts of others over as variables:
    `PromptTemplate.from_template("Translate {text}")`, then `invoke({"text": text})`. Where users write templates,
    use the default format with a current langchain-core, and pass strings only.

    ## When it is fine

    When the template comes from a file of your own.

    ## Limits

    Where a template of the Jinja format is a parameter or computed, the finding has low confidence. Reported for the
    other formats are only texts of others, where the project's requirements allow only releases with the gap.
    """

    code = "MLW422"
    name = "jinja-prompt-template"
    severity = Severity.HIGH
    triggers = (
        "template_format",
        "jinja2_formatter",
        "PromptTemplate",
        "ChatPromptTemplate",
        "SystemMessagePromptTemplate",
        "HumanMessagePromptTemplate",
        "AIMessagePromptTemplate",
        "FewShotPromptTemplate",
    )
    cwe = (1336,)
    owasp_llm = ("LLM01", "LLM05")
    atlas = ("AML.T0051",)
    references = (
        Reference(
            "LangChain: PromptTemplate",
            "https://reference.langchain.com/python/langchain-core/prompts/prompt/PromptTemplate",
        ),
        Reference("CVE-2025-65106, langchain-core", "https://nvd.nist.gov/vuln/detail/CVE-2025-65106"),
        Reference("Jinja: Sandbox", "https://jinja.palletsprojects.com/en/stable/sandbox/"),
    )
    examples = (
        Bad(
            """
            from flask import request
            from langchain_core.prompts import PromptTemplate

            def render():
                prompt = PromptTemplate.from_template(request.json["template"], template_format="jinja2")
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                return prompt.format(question=request.json["question"])
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`PromptTemplate.from_template` takes data from a web request as a Jinja template, which is a program: "
            "keep templates constant, and hand the text over as a variable",
        ),
        Bad(
            """
            import requests
            from langchain.prompts import ChatPromptTemplate

            found = requests.get("https://example.com/prompt.txt").text
            prompt = ChatPromptTemplate.from_messages([("system", found), ("human", "{{ q }}")], template_format="jinja2")
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from flask import request
            from langchain_core.prompts import HumanMessagePromptTemplate

            FORMAT = "jinja2"

            def prompt():
                text = f"Answer as {request.args['who']}: {{{{ question }}}}"
                return HumanMessagePromptTemplate.from_template(template=text, template_format=FORMAT)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from langchain_core.prompts import PromptTemplate

            def make(template, names):
                return PromptTemplate(template=template, input_variables=names, template_format="jinja2")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
        ),
        Bad(
            """
            from flask import request
            from langchain_core.prompts import ChatPromptTemplate

            def prompt():
                return ChatPromptTemplate.from_messages(
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^~
                    [("human", request.form["template"])], template_format="mustache"
                )
            """,
            versions={"langchain-core": "==0.3.70"},
        ),
        Bad(
            """
            from flask import request
            from langchain_core.prompts import ChatPromptTemplate

            def prompt():
                return ChatPromptTemplate.from_template("Hello " + request.form["name"] + ", {question}")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            versions={"langchain-core": "==1.0.2"},
            severity=Severity.MEDIUM,
        ),
        Bad(
            """
            from flask import request
            from langchain_core.prompts.string import jinja2_formatter

            def view():
                return jinja2_formatter(request.args["template"], name="Ada")
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Good(
            """
            from langchain_core.prompts import PromptTemplate

            prompt = PromptTemplate.from_template("Translate {{ text }}", template_format="jinja2")
            """,
            because="the program wrote the template",
        ),
        Good(
            """
            from textwrap import dedent
            from langchain_core.prompts import PromptTemplate

            TEXT = dedent("Translate {{ text }}").strip()
            prompt = PromptTemplate(template=TEXT, input_variables=["text"], template_format="jinja2")
            """,
            because="the program wrote the template",
        ),
        Good(
            """
            from langchain_core.prompts import PromptTemplate

            TEMPLATE = open("prompts/translate.j2").read()
            prompt = PromptTemplate(template=TEMPLATE, input_variables=["text"], template_format="jinja2")
            other = PromptTemplate.from_file("prompts/other.j2", template_format="jinja2")
            """,
            because="files of the program's own",
        ),
        Good(
            """
            from langchain_core.prompts import PromptTemplate

            def make(template):
                return PromptTemplate.from_template(template)
            """,
            because="the default format only puts variables in, and nothing says that others write the template",
        ),
        Good(
            """
            from flask import request
            from langchain_core.prompts import ChatPromptTemplate

            def prompt():
                return ChatPromptTemplate.from_template("Hello " + request.form["name"] + ", {question}")
            """,
            because="this release refuses attributes in f-string templates",
            versions={"langchain-core": ">=1.1"},
        ),
        Good(
            """
            from flask import request
            from langchain_core.prompts import PromptTemplate

            def ask():
                prompt = PromptTemplate.from_template("Translate {{ text }}", template_format="jinja2")
                return prompt.invoke({"text": request.json["text"]})
            """,
            because="a variable is not a template",
        ),
        Good(
            """
            from my_app.prompts import PromptTemplate

            def make(template):
                return PromptTemplate.from_template(template, template_format="jinja2")
            """,
            because="a class of the project's own",
        ),
        Missed(
            """
            from langchain_core.prompts import load_prompt

            prompt = load_prompt("prompt_with_jinja2.json")
            """,
            because="the format is told by the file",
        ),
    )

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report templates that others wrote."""
        for call in model.calls:
            match = _TEMPLATE.fullmatch(call.name) if "rompt" in call.name else None
            if match is None or call.fragment.path is not None:
                continue
            formatter = match["formatter"] or match["same"]
            method = match["method"] or match["short_method"] or ""
            given = call.argument("template_format", 1 if "MessagePromptTemplate" in call.name else None)
            if formatter or given.may_be("jinja2"):
                yield from self._jinja(call, method)
            elif given.is_absent or given.may_be("f-string") or given.may_be("mustache"):
                yield from self._plain(call, given, model)

    def _jinja(self, call: CallSite, method: str) -> Iterator[Finding]:
        for value in _templates(call):
            origin = origin_of(value)
            if (
                origin.kind is OriginKind.LITERAL
                or _is_written(value)
                or any(taint.kind in _LOCAL for taint in origin.taints)
            ):
                continue
            unknown = origin.kind is OriginKind.UNKNOWN
            if unknown and method in {"from_file", "from_template_file"}:
                continue
            phrase = "a text of unknown origin" if unknown else origin.phrase
            sure = Confidence.HIGH if origin.certain else Confidence.MEDIUM
            yield self.finding(
                call.span,
                f"`{_short(call)}` takes {phrase} as a Jinja template, which is a program: keep templates constant, and "
                "hand the text over as a variable",
                severity=Severity.MEDIUM if unknown else self.severity,
                confidence=Confidence.LOW if unknown else sure,
                trace=trace_of(call, origin),
            )
            return

    def _plain(self, call: CallSite, given: Value, model: SemanticModel) -> Iterator[Finding]:
        """Formats that reached attributes of their variables in earlier releases."""
        old = model.version("langchain-core").below("1.0")
        point = LANGCHAIN_TEMPLATE_ATTRIBUTES_0 if old else LANGCHAIN_TEMPLATE_ATTRIBUTES
        if old is None or not point.ahead(model):
            return
        for value in _templates(call):
            origin = origin_of(value)
            if not value.taints or origin.kind is not OriginKind.REMOTE:
                continue
            mustache = given.may_be("mustache")
            kind = "a Mustache" if mustache else "an f-string"
            yield self.finding(
                call.span,
                f"`{_short(call)}` takes {origin.phrase} as {kind} template, which reaches attributes of its variables "
                f"before langchain-core {point.version} (CVE-2025-65106): require that release, keep templates constant",
                severity=self.severity if mustache else Severity.MEDIUM,
                confidence=Confidence.HIGH if origin.certain else Confidence.MEDIUM,
                trace=trace_of(call, origin),
            )
            return


def _templates(call: CallSite) -> Iterator[Value]:
    """The texts that a call takes as templates."""
    if ".ChatPromptTemplate" in call.name and not call.name.endswith("from_template"):
        for text in said(call):
            yield text.text
        return
    for keyword, position in _TEXTS:
        value = call.argument(keyword, position)
        if not value.is_absent:
            yield value


def _is_written(value: Value, depth: int = 4) -> bool:
    """Whether a text is made of constants alone: `dedent("...").strip()`."""
    if isinstance(value, Constant):
        return True
    if not isinstance(value, Made) or value.made_by is None or value.taints or depth == 0:
        return False
    call = value.made_by
    given = [argument.value for argument in call.arguments]
    if call.receiver is not None and "()" in call.name:
        given.append(call.receiver)
    return bool(given) and all(_is_written(one, depth - 1) for one in given)


def _short(call: CallSite) -> str:
    parts = call.name.split(".")
    return ".".join(parts[-2:]) if parts[-1].startswith("from_") else parts[-1]
