"""MLW419: a framework's templates or pipelines are allowed to run code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.rules.base import Bad, Confidence, DocumentKind, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import as_notebook
from mlwarden.rules.llm._agents import api_of, patterns, shown
from mlwarden.semantics.environment import Setting, is_true, settings_in_code, settings_in_text
from mlwarden.semantics.loaders import switched_on

if TYPE_CHECKING:
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

_HAYSTACK = ("haystack",)
_FLAG = "unsafe"
_VARIABLE = "HAYSTACK_UNSAFE_DESERIALIZATION"
# Call -> where the flag may stand among the positional arguments.
_TEMPLATES: dict[str, int | None] = {"OutputAdapter": 3, "ConditionalRouter": 2}
_LOADERS: dict[str, int | None] = {
    f"{pipeline}.{method}": None
    for pipeline in ("Pipeline", "AsyncPipeline")
    for method in ("load", "loads", "from_dict")
}
_POSITIONS = {**_TEMPLATES, **_LOADERS}
_APIS = dict.fromkeys(_POSITIONS, _HAYSTACK)
_RUNS = (
    "evaluates its templates without Jinja's sandbox: what they are filled with, such as a model's answer, may run "
    "code here; leave the sandbox on"
)
_LOADS = (
    "builds whatever objects the pipeline's description names: who writes that file runs code here; list what you need "
    "in `allowed_modules`"
)


class TemplateUnsafeFlag(Rule):
    """A switch that lets a framework's templates, or the pipelines it loads, run code.

    ## Why is this bad?

    Haystack's `OutputAdapter` and `ConditionalRouter` evaluate Jinja templates. With `unsafe=True` they leave Jinja's
    sandbox and turn the text that comes out into Python objects, so that text which a model or a document put
    there can become code. `Pipeline.load(..., unsafe=True)`, and `HAYSTACK_UNSAFE_DESERIALIZATION=1` for the whole
    process, take the limits off what a pipeline's YAML may name: any class, any function.

    ## How to fix

    Leave the flag out. Let a template give a string, and parse it in a component of your own; when loading pipelines,
    name the modules that yours need: `Pipeline.load(file, allowed_modules=["project.components"])`.

    ## When it is fine

    When the templates and everything they are filled with, or the pipeline's file, are your own.

    ## Limits

    A flag that is computed or handed over by a caller outside the project is left alone. `unsafe: true` in a pipeline's
    YAML file is not seen; Haystack 3 refuses it unless the load is unsafe as well.

    ## Fix safety

    Without the flag, templates can give only strings and literals, and pipelines with modules that are not allowed
    are refused.
    """

    code = "MLW419"
    name = "template-unsafe-flag"
    severity = Severity.HIGH
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT)
    calls = patterns(*_POSITIONS)
    triggers = (
        ("haystack", _FLAG),
        *(("haystack", name) for name in ("OutputAdapter", "ConditionalRouter")),
        _VARIABLE,
    )
    cwe = (1336, 502)
    owasp_llm = ("LLM05",)
    atlas = ("AML.T0050",)
    references = (
        Reference("Haystack: OutputAdapter", "https://docs.haystack.deepset.ai/docs/outputadapter"),
        Reference("Haystack: ConditionalRouter", "https://docs.haystack.deepset.ai/docs/conditionalrouter"),
        Reference("CVE-2024-41950, templates of Haystack", "https://nvd.nist.gov/vuln/detail/CVE-2024-41950"),
    )
    examples = (
        Bad(
            """
            from haystack.components.converters import OutputAdapter

            adapter = OutputAdapter(template="{{ replies[0] }}", output_type=list, unsafe=True)
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="`OutputAdapter` with `unsafe=True` evaluates its templates without Jinja's sandbox: what they are "
            "filled with, such as a model's answer, may run code here; leave the sandbox on",
            fixed="""
            from haystack.components.converters import OutputAdapter

            adapter = OutputAdapter(template="{{ replies[0] }}", output_type=list)
            """,
        ),
        Bad(
            """
            from haystack.components.routers.conditional_router import ConditionalRouter as Router

            TRUST = {"unsafe": True}

            def router(routes):
                return Router(routes, **TRUST)
                       ^^^^^^^^^^^^^^^^^^^^^^^
            """,
        ),
        Bad(
            """
            from haystack.components.routers import ConditionalRouter

            class Settings:
                trust = True

            router = ConditionalRouter(routes, None, Settings.trust)
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            fixed="""
            from haystack.components.routers import ConditionalRouter

            class Settings:
                trust = True

            router = ConditionalRouter(routes, None, False)
            """,
        ),
        Bad(
            """
            import haystack

            with open(path) as file:
                pipeline = haystack.Pipeline.load(file, unsafe=True)
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            message="`Pipeline.load` with `unsafe=True` builds whatever objects the pipeline's description names: who "
            "writes that file runs code here; list what you need in `allowed_modules`",
            fixed="""
            import haystack

            with open(path) as file:
                pipeline = haystack.Pipeline.load(file)
            """,
        ),
        Bad(
            """
            from haystack import AsyncPipeline

            def build(text, unsafe=False):
                return AsyncPipeline.loads(text, unsafe=unsafe)
                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            pipeline = build(text, unsafe=True)
            """,
            fixed="""
            from haystack import AsyncPipeline

            def build(text, unsafe=False):
                return AsyncPipeline.loads(text)

            pipeline = build(text, unsafe=True)
            """,
        ),
        Bad(
            """
            import os

            os.environ["HAYSTACK_UNSAFE_DESERIALIZATION"] = "1"
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            print("ready")
            """,
            message="`HAYSTACK_UNSAFE_DESERIALIZATION` builds whatever objects the pipeline's description names: who "
            "writes that file runs code here; list what you need in `allowed_modules`",
            fixed="""
            import os

            print("ready")
            """,
        ),
        Bad(
            as_notebook("%env HAYSTACK_UNSAFE_DESERIALIZATION=true", "from haystack import Pipeline"),
            path="example.ipynb",
            texts=("HAYSTACK_UNSAFE_DESERIALIZATION=true",),
            fixed=as_notebook("", "from haystack import Pipeline"),
        ),
        Bad(
            """
            FROM python:3.12-slim
            ENV HAYSTACK_UNSAFE_DESERIALIZATION=1
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            path="Dockerfile",
            fixed="""
            FROM python:3.12-slim
            """,
        ),
        Good(
            """
            from haystack import Pipeline
            from haystack.components.converters import OutputAdapter
            from haystack.components.routers import ConditionalRouter

            adapter = OutputAdapter(template="{{ replies[0] }}", output_type=str)
            router = ConditionalRouter(routes, unsafe=False)
            pipeline = Pipeline.load(file, allowed_modules=["project.components"])
            """,
            because="the sandbox and the limits are left on",
        ),
        Good(
            """
            from haystack.components.converters import OutputAdapter

            def build(template, trust):
                return OutputAdapter(template, str, unsafe=trust)
            """,
            because="the caller decides, and nothing here says that it is True",
        ),
        Good(
            """
            import os
            import haystack

            os.environ["HAYSTACK_UNSAFE_DESERIALIZATION"] = "0"
            """,
            because="the variable is off",
        ),
        Good(
            """
            import haystack
            from project.routing import ConditionalRouter, Pipeline

            router = ConditionalRouter(routes, unsafe=True)
            pipeline = Pipeline.load("pipeline.yaml", unsafe=True)
            """,
            because="other classes of these names",
        ),
        Missed(
            """
            from haystack import Pipeline

            options = parse_arguments()
            pipeline = Pipeline.load(file, unsafe=options.trust)
            """,
            because="what is given on the command line is not known",
        ),
    )

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report a template or a load with the flag on."""
        key = api_of(call.name, _APIS)
        if not key:
            return
        position = _POSITIONS[key]
        sure = switched_on(call.argument(_FLAG, position))
        if sure is None:
            return
        edit = call.remove_argument(_FLAG) or call.set_argument(_FLAG, "False", position)
        what = f"`{shown(call.name)}` with `{_FLAG}=True` {_RUNS if key in _TEMPLATES else _LOADS}"
        yield self.finding(call.span, what, confidence=sure, trace=call.context, fixes=_fixes(edit))

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Report code that sets the variable, which takes the limits off for the whole process."""
        yield from self._set(settings_in_code(model, _VARIABLE))

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report magics and configuration that set the variable."""
        yield from self._set(settings_in_text(document, _VARIABLE))

    def _set(self, settings: Iterator[Setting]) -> Iterator[Finding]:
        for setting in settings:
            if is_true(setting.value):
                yield self.finding(setting.span, f"`{_VARIABLE}` {_LOADS}", fixes=_fixes(setting.removal))


def _fixes(edit: TextEdit | None) -> tuple[Fix, ...]:
    if edit is None:
        return ()
    why = "what only runs without limits is then refused"
    return (Fix("Leave the limits on", (edit,), Applicability.UNSAFE, why),)
