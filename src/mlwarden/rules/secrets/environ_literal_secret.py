"""MLW303: a secret written into the code that puts it into the environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Notebook
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity, Span
from mlwarden.rules.examples import Examples, later
from mlwarden.secrets.literals import secrets_in
from mlwarden.secrets.wording import sentence
from mlwarden.semantics.environment import without_statement
from mlwarden.semantics.literals import literal_at, value_span
from mlwarden.semantics.values import Mapping

if TYPE_CHECKING:
    from mlwarden.semantics.calls import Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

# Where name and value stand: (name, position), (name, position).
_SETTERS = {
    "os.environ.setdefault": (("key", 0), ("value", 1)),
    "os.environ.__setitem__": (("key", 0), ("value", 1)),
    "os.putenv": (("name", 0), ("value", 1)),
    "dotenv.set_key": (("key_to_set", 1), ("value_to_set", 2)),
}


class EnvironLiteralSecret(Rule):
    """An environment variable that the code itself fills with a key.

    ## Why is this bad?

    The point of an environment variable is that the key is not in the code. Here it is in both: in the file, its
    history and its copies, and in the environment of every process that is started.

    ## How to fix

    Revoke the key. Set the variable outside of the program (a `.env` file that is not committed, the settings of the
    job or the hosted notebook), or ask for it with `getpass.getpass`.

    ## When it is fine

    For made-up values in tests. Placeholders are not reported.

    ## Limits

    Variables that are set by `os.environ |= {...}` or by a dictionary that is built elsewhere are not seen, nor are
    passwords that somebody thought up.

    ## Fix safety

    In a script the fix is unsafe: it removes the statement, and the variable must be set where the program runs. In a
    notebook the fix asks for the key with `getpass`; it is a suggestion, because somebody has to be there to answer.
    """

    code = "MLW303"
    name = "environ-literal-secret"
    severity = Severity.CRITICAL
    calls = (*_SETTERS, "os.environ.update")
    assigns = ("os.environ[]",)
    triggers = (("os", "environ"), ("os", "putenv"), ("dotenv", "set_key"))
    cwe = (798,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0055",)
    references = (
        Reference("Python: getpass", "https://docs.python.org/3/library/getpass.html"),
        Reference("The Twelve-Factor App: configuration", "https://12factor.net/config"),
    )
    examples = later(lambda: _examples())

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Report `os.environ["NAME"] = "secret"`."""
        for name in assignment.key.strings():
            yield from self._judged(model, name, assignment.value, assignment.value_span, assignment.span)

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report `setdefault`, `putenv`, `set_key`, and `update` with a dictionary or keywords."""
        if call.name in _SETTERS:
            (key, key_position), (value, position) = _SETTERS[call.name]
            used = call.argument_span(value, position) or call.span
            statement = None if call.result_used else call.span
            for name in call.argument(key, key_position).strings():
                yield from self._judged(model, name, call.argument(value, position), used, statement)
            return
        for mapping in call.positional():
            for option in mapping.alternatives():
                if isinstance(option, Mapping):
                    for name, item in option.items:
                        yield from self._judged(model, str(name), item, call.span, None)
        for keyword in call.keyword_names():
            yield from self._judged(
                model, keyword, call.argument(keyword), call.argument_span(keyword) or call.span, None
            )

    def _judged(
        self, model: SemanticModel, name: str, value: Value, used: Span, statement: Span | None
    ) -> Iterator[Finding]:
        for text, found in secrets_in(value.strings(), name=name, path=model.document.path):
            span = value_span(model.document, text, used) or used
            yield self.finding(
                span,
                sentence(found, f"put into the environment variable `{name}`"),
                severity=found.severity,
                confidence=found.confidence,
                fixes=_fixes(model, name, span, statement),
            )


def _fixes(model: SemanticModel, name: str, span: Span, statement: Span | None) -> Iterator[Fix]:
    document = model.document
    if isinstance(document, Notebook):
        literal = literal_at(document, span)
        if literal is not None:
            module, added = model.import_edit("getpass", at=span)
            edit = TextEdit(literal, f'{module}.getpass("{name}")')
            edits = (edit,) if added is None else (added, edit)
            yield Fix("Ask for it when the cell runs", edits, Applicability.SUGGESTION, "somebody must answer")
    elif statement is not None and statement.contains(span):
        yield Fix(
            "Remove the statement",
            (without_statement(document, statement),),
            Applicability.UNSAFE,
            "the environment variable must be set where the program runs",
        )


def _examples() -> Examples:
    from mlwarden.secrets.samples import sample

    openai = sample("openai")
    hf = sample("huggingface")
    wandb = sample("wandb-legacy")
    return (
        Bad(
            f"""
            import os

            os.environ["OPENAI_API_KEY"] = "{openai}"
                                            {"^" * len(openai)}
            model = "gpt-4o"
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="OpenAI API key put into the environment variable `OPENAI_API_KEY`: whoever reads it here, or in "
            "its history, can use it until it is revoked",
            fixed="""
            import os

            model = "gpt-4o"
            """,
        ),
        Bad(
            f"""
            import os

            if "HF_TOKEN" not in os.environ:
                os.environ.setdefault("HF_TOKEN", "{hf}")
                                                   {"^" * len(hf)}
            """,
            fixed="""
            import os

            if "HF_TOKEN" not in os.environ:
                pass
            """,
        ),
        Bad(
            f"""
            from os import environ

            environ.update({{"WANDB_PROJECT": "heads", "WANDB_API_KEY": "{wandb}"}})
                                                                        {"^" * len(wandb)}
            """,
        ),
        Good(
            """
            import getpass
            import os

            os.environ["OPENAI_API_KEY"] = getpass.getpass("OPENAI_API_KEY")
            os.environ["HF_TOKEN"] = "hf_..."
            os.environ["WANDB_API_KEY"] = "YOUR_KEY"
            os.environ["COHERE_API_KEY"] = "VOTRE_CLE"
            """,
            because="the first is asked for, the others are placeholders",
        ),
        Good(
            """
            import os

            os.environ["TOKENIZERS_PARALLELISM"] = "false"
            os.environ["CUDA_VISIBLE_DEVICES"] = "0,1"
            os.environ["HF_HOME"] = "/data/a1b2c3d4e5f60718293a4b5c6d7e8f90"
            """,
            because="these variables hold no secrets",
        ),
        Missed(
            f"""
            import os

            os.environ |= {{"WANDB_API_KEY": "{wandb}"}}
            """,
            because="dictionaries that are merged in are not followed; MLW302 knows this key by its shape",
        ),
    )
