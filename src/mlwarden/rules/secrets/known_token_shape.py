"""MLW302: a token of a known shape, anywhere in a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability
from mlwarden.notebooks.notebook import Notebook
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
from mlwarden.rules.examples import Examples, later
from mlwarden.secrets.scan import Context, SecretMatch, find_secrets
from mlwarden.secrets.wording import WHY_ENVIRONMENT, sentence

if TYPE_CHECKING:
    from mlwarden.source.documents import Document

_PLACES = {
    DocumentKind.PYTHON: "in the code",
    DocumentKind.NOTEBOOK: "in a notebook cell",
    DocumentKind.DEPENDENCIES: "in a dependency file",
    DocumentKind.TEXT: "in the file",
}


class KnownTokenShape(Rule):
    """An API key, token or private key in the code, in a notebook or in a configuration file.

    ## Why is this bad?

    Whoever can read the file can use the key: run up bills, read private models and data, publish under your name.
    Repositories are copied, notebooks are mailed, images are built from folders, and what was committed once stays
    in the history. Keys in public repositories are found by machines within minutes.

    ## How to fix

    Revoke the key first: removing it from the file does not take it out of the history. Then let the program read a
    new one from an environment variable or a secret manager.

    ## When it is fine

    For a key that is public by design, or a made-up one in a test of something that looks for keys. Say so in a
    suppression, or record it with `mlwarden baseline`. A `.secrets.baseline` of detect-secrets counts as well.

    ## Limits

    Found are the formats of about a hundred kinds of token (`docs/secrets.md` lists them). Keys without a shape of
    their own, such as 32 hexadecimal digits, are found only where the provider's name and a word like "key" stand
    beside them. Placeholders, published examples, digests and identifiers are left out. Keys that are put together at
    run time are not seen.

    ## Fix safety

    The fix is unsafe: the program then needs the environment variable, and fails without it. It is offered where the
    token is a whole string literal.
    """

    code = "MLW302"
    name = "known-token-shape"
    severity = Severity.CRITICAL
    kinds = (DocumentKind.PYTHON, DocumentKind.NOTEBOOK, DocumentKind.TEXT, DocumentKind.DEPENDENCIES)
    triggers = ("@token",)
    yields_to = ("MLW301", "MLW303", "MLW306", "MLW307", "MLW310", "MLW312", "MLW314")
    cwe = (798,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0055",)
    references = (
        Reference("Hugging Face: user access tokens", "https://huggingface.co/docs/hub/security-tokens"),
        Reference("OpenAI: best practices for API key safety", "https://help.openai.com/en/articles/5112595"),
        Reference(
            "GitHub: removing sensitive data from a repository",
            "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/"
            "removing-sensitive-data-from-a-repository",
        ),
    )
    examples = later(lambda: _examples())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report every token in the text, or in the source of every cell."""
        if isinstance(document, Notebook):
            for cell in document.cells:
                yield from self._in_text(document, cell.source, cell.index)
        else:
            yield from self._in_text(document, document.text, None)

    def _in_text(self, document: Document, text: str, cell: int | None) -> Iterator[Finding]:
        for found in find_secrets(text, context=Context(path=document.path)):
            if found.format == "url-password":
                continue  # MLW307
            span = Span(found.start, found.end, cell)
            yield self.finding(
                span,
                sentence(found, _PLACES[document.kind]),
                severity=found.severity,
                confidence=found.confidence,
                fixes=_fixes(document, span, found),
            )


def _fixes(document: Document, span: Span, found: SecretMatch) -> Iterator[Fix]:
    from mlwarden.semantics.literals import read_from_environment

    if document.kind in {DocumentKind.PYTHON, DocumentKind.NOTEBOOK}:
        edits = read_from_environment(document, span, found.env)
        if edits is not None:
            yield Fix("Read it from an environment variable", edits, Applicability.UNSAFE, WHY_ENVIRONMENT)


def _examples() -> Examples:
    from mlwarden.secrets.samples import sample

    hf = sample("huggingface")
    openai = sample("openai")
    github = sample("github")
    cohere = sample("cohere")
    return (
        Bad(
            f"""
            from transformers import pipeline

            TOKEN = "{hf}"
                     {"^" * len(hf)}
            """,
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message="Hugging Face access token in the code: whoever reads it here, or in its history, can use it until "
            "it is revoked",
            fixed="""
            from transformers import pipeline
            import os

            TOKEN = os.environ["HF_TOKEN"]
            """,
        ),
        Bad(
            f"""
            import os

            # the old key was {openai}
                              {"^" * len(openai)}
            OPENAI_API_KEY = os.environ["OPENAI_API_KEY"]
            """,
        ),
        Bad(
            f"""
            HF_HOME=/data/huggingface
            GITHUB_TOKEN={github}
                         {"^" * len(github)}
            """,
            path=".env",
            severity=Severity.CRITICAL,
        ),
        Bad(
            f"""
            cohere:
              api_key: {cohere}
                       {"^" * len(cohere)}
            """,
            path="config.yaml",
            confidence=Confidence.MEDIUM,
        ),
        Good(
            """
            HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            OPENAI_API_KEY=sk-your-key-here
            ANTHROPIC_API_KEY=<your key>
            """,
            path=".env.example",
            because="these are placeholders",
        ),
        Good(
            """
            MODEL_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
            REVISION = "4c2e6b8f0d1a3957bc2d48e6f7091a3c5d7e9f0b"
            RUN_ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
            """,
            because="digests, commits and identifiers open nothing",
        ),
        Missed(
            f"""
            TOKEN = "{hf[:9]}" + "{hf[9:]}"
            """,
            because="literals are not put together here; where such a value is given to a client, MLW301 sees it",
        ),
    )
