"""MLW301: an API key written into the call that uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity, Span, TraceStep
from mlwarden.rules.examples import Examples, later
from mlwarden.secrets.clients import (
    AMBIGUOUS_KEYWORDS,
    PACKAGES_WITH_TOKENS,
    POSITIONAL,
    SECRET_KEYWORDS,
    variable_for,
)
from mlwarden.secrets.literals import secrets_in
from mlwarden.secrets.wording import WHY_ENVIRONMENT, sentence
from mlwarden.semantics.literals import read_from_environment, value_span

if TYPE_CHECKING:
    from mlwarden.secrets.scan import SecretMatch
    from mlwarden.semantics.calls import Argument, Assignment, CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.semantics.values import Value

_ASSIGNED = ("api_key", "api_token", "openai_key", "anthropic_key", "access_token", "auth_token", "hf_token")
# Calls that make something up from text, and no client.
_NO_CLIENTS = frozenset({"print", "len", "str", "repr", "isinstance", "dict", "logging.info", "logging.debug"})


class ApiKeyLiteralArgument(Rule):
    """An API key written into the call of the client that uses it.

    ## Why is this bad?

    The key goes wherever the code goes: into the repository and its history, into images, notebooks and bug reports.
    Whoever reads it can use the service at your expense, and read what you keep there.

    ## How to fix

    Revoke the key and make a new one. Leave the argument out, if the client reads its environment variable by itself,
    or pass `os.environ["..."]`.

    ## When it is fine

    For local servers that ask for any key at all: values like `"EMPTY"`, `"ollama"` or `"not-needed"` are not reported.

    ## Limits

    The argument's name has to say that it is a key (`api_key`, `openai_api_key`, `aws_secret_access_key`, ...);
    `token`, `key` and `secret` count for the clients of known services only. A value of no known format is reported
    with medium confidence, and only if it is long and random.

    ## Fix safety

    The fix is unsafe: the program then needs the environment variable, and fails without it.
    """

    code = "MLW301"
    name = "api-key-literal-argument"
    severity = Severity.CRITICAL
    assigns = tuple(f"*.{name}" for name in _ASSIGNED)
    triggers = (
        *SECRET_KEYWORDS,
        *_ASSIGNED,
        *((package, word) for package in PACKAGES_WITH_TOKENS for word in AMBIGUOUS_KEYWORDS),
        *((callee.split(".")[0], callee.rpartition(".")[2]) for callee in POSITIONAL),
    )
    yields_to = ("MLW306", "MLW310")
    cwe = (798,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0055", "AML.T0083")
    references = (
        Reference("OpenAI: best practices for API key safety", "https://help.openai.com/en/articles/5112595"),
        Reference("MITRE ATLAS: LLM jacking (AML.CS0030)", "https://atlas.mitre.org/studies/AML.CS0030"),
    )
    examples = later(lambda: _examples())

    def check_model(self, model: SemanticModel) -> Iterator[Finding]:
        """Look at every argument whose name says that it is a secret."""
        for call in model.calls:
            if call.name in _NO_CLIENTS:
                continue
            for keyword, value, span in _secret_arguments(call):
                place = f"in the call of `{call.name}`" if call.name else "in a call"
                yield from self._judged(model, call.name, keyword, value, span or call.span, place, call)

    def check_assignment(self, assignment: Assignment, model: SemanticModel) -> Iterator[Finding]:
        """Look at what is assigned to `openai.api_key` and the like."""
        place = f"assigned to `{assignment.target}`" if assignment.target else f"assigned to `{assignment.attribute}`"
        yield from self._judged(
            model, assignment.target, assignment.attribute, assignment.value, assignment.value_span, place
        )

    def _judged(
        self,
        model: SemanticModel,
        callee: str,
        keyword: str,
        value: Value,
        used: Span,
        place: str,
        call: CallSite | None = None,
    ) -> Iterator[Finding]:
        path = model.document.path
        for text, found in secrets_in(value.strings(), name=keyword, provider=callee, path=path):
            span = value_span(model.document, text, used) or used
            trace = []
            if call is not None and not used.contains(span):
                trace = [TraceStep(span, "the key"), TraceStep(used, f"is passed to `{call.name or call.attribute}`")]
            yield self.finding(
                span,
                sentence(found, place),
                severity=found.severity,
                confidence=found.confidence,
                trace=trace,
                fixes=self._fixes(model, span, variable_for(callee, keyword, found.env), found),
            )

    def _fixes(self, model: SemanticModel, span: Span, variable: str, found: SecretMatch) -> Iterator[Fix]:
        edits = read_from_environment(model.document, span, variable)
        if edits is not None:
            yield Fix("Read it from an environment variable", edits, Applicability.UNSAFE, WHY_ENVIRONMENT)


def _secret_arguments(call: CallSite) -> Iterator[tuple[str, Value, Span | None]]:
    """The arguments that are secrets and may be known texts: name, value, place (which costs more than all the rest)."""
    named = call.name.split(".")[0] in PACKAGES_WITH_TOKENS
    for argument in call.arguments:
        keyword = argument.keyword
        secret = keyword in SECRET_KEYWORDS or (named and keyword in AMBIGUOUS_KEYWORDS)
        if secret and argument.value.strings():
            yield keyword, argument.value, _span_of(call, argument)
    positional = POSITIONAL.get(call.name)
    if positional is not None:
        position, keyword = positional
        value = call.argument(keyword, position)
        if value.strings() and (keyword not in SECRET_KEYWORDS or call.argument(keyword).is_absent):
            # `SecretStr` and the like: the name of the argument says nothing.
            yield "api_key", value, call.argument_span(keyword, position)


def _span_of(call: CallSite, argument: Argument) -> Span | None:
    return None if argument.node is None else call.fragment.span(argument.node.value)


def _examples() -> Examples:
    from mlwarden.secrets.samples import sample

    openai = sample("openai")
    cohere = sample("cohere")
    generic = sample("weaviate")
    return (
        Bad(
            f"""
            from openai import OpenAI

            client = OpenAI(api_key="{openai}")
                                     {"^" * len(openai)}
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="OpenAI API key in the call of `openai.OpenAI`: whoever reads it here, or in its history, can use "
            "it until it is revoked",
            fixed="""
            from openai import OpenAI
            import os

            client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])
            """,
        ),
        Bad(
            f"""
            import cohere

            CO_API_KEY = "{cohere}"
                          {"^" * len(cohere)}

            def embed(texts):
                return cohere.Client(CO_API_KEY).embed(texts=texts)
            """,
            confidence=Confidence.HIGH,
            fixed="""
            import cohere
            import os

            CO_API_KEY = os.environ["CO_API_KEY"]

            def embed(texts):
                return cohere.Client(CO_API_KEY).embed(texts=texts)
            """,
        ),
        Bad(
            f"""
            import os
            import openai

            openai.api_key = "{openai}"
                              {"^" * len(openai)}
            """,
            fixed="""
            import os
            import openai

            openai.api_key = os.environ["OPENAI_API_KEY"]
            """,
        ),
        Bad(
            f"""
            from acme.inference import Gateway

            gateway = Gateway("https://models.acme-labs.io", api_key="{generic}")
                                                                      {"^" * len(generic)}
            """,
            confidence=Confidence.MEDIUM,
            fixed="""
            from acme.inference import Gateway
            import os

            gateway = Gateway("https://models.acme-labs.io", api_key=os.environ["API_KEY"])
            """,
        ),
        Bad(
            f"""
            from openai import OpenAI

            client = OpenAI(api_key="{openai[:12]}" "{openai[12:]}")
                                    {"^" * (len(openai) + 5)}
            """,
        ),
        Good(
            """
            from openai import OpenAI

            local = OpenAI(base_url="http://localhost:11434/v1", api_key="ollama")
            vllm = OpenAI(base_url="http://localhost:8000/v1", api_key="EMPTY")
            docs = OpenAI(api_key="sk-your-api-key-goes-here-0123456789")
            """,
            because="local servers take any key, and the last one is a placeholder",
        ),
        Good(
            """
            import os
            from openai import OpenAI

            client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])
            other = OpenAI(api_key=os.getenv("OTHER_API_KEY"))
            cache = lookup(key="user:4711:embeddings:v2", token="<|endoftext|>")
            """,
            because="the keys come from the environment, and `key` and `token` are ordinary words elsewhere",
        ),
        Missed(
            """
            from openai import OpenAI

            client = OpenAI(api_key=open("key.txt").read())
            """,
            because="what a file beside the code holds is checked as a file of its own",
        ),
    )
