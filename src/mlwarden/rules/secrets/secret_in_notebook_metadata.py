"""MLW305: a token in a notebook's metadata, its widgets or its attachments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
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
from mlwarden.secrets.scan import Context, find_secrets
from mlwarden.secrets.wording import kind_of

if TYPE_CHECKING:
    from mlwarden.source.documents import Document


def _notebook(metadata: str, cell_metadata: str = "{}") -> str:
    """A notebook as text, for the examples."""
    return (
        '{\n "cells": [\n  {\n   "cell_type": "code",\n   "execution_count": 1,\n   "id": "first",\n'
        f'   "metadata": {cell_metadata},\n   "outputs": [],\n   "source": [\n    "print(1)"\n   ]\n  }}\n ],\n'
        f' "metadata": {metadata},\n "nbformat": 4,\n "nbformat_minor": 5\n}}\n'
    )


class SecretInNotebookMetadata(Rule):
    """An API key, token or private key in a notebook's metadata, in the state of its widgets or in an attachment.

    ## Why is this bad?

    No editor shows these parts, so that nobody cleans them: papermill writes the values of parameters there, text
    fields keep what was typed into them, hosted notebooks their own settings. They go wherever the notebook goes, and
    clearing the outputs leaves them in place.

    ## How to fix

    Take the value out and revoke the key. Keep keys out of papermill's parameters: let the notebook read them from the
    environment.

    ## When it is fine

    When the key was revoked long ago.

    ## Limits

    A notebook that is open in an editor has no file text; what it holds besides its cells is checked when it is saved.

    ## Fix safety

    The fix is unsafe: it leaves an empty string where the key was, and what reads the field finds none.
    """

    code = "MLW305"
    name = "secret-in-notebook-metadata"
    severity = Severity.HIGH
    kinds = (DocumentKind.NOTEBOOK,)
    triggers = ("",)
    cwe = (312,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0055",)
    references = (
        Reference(
            "papermill: parameters in the metadata", "https://papermill.readthedocs.io/en/latest/usage-store.html"
        ),
        Reference("nbformat: metadata", "https://nbformat.readthedocs.io/en/latest/format_description.html#metadata"),
    )
    examples = later(lambda: _examples())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report tokens in the text of the .ipynb outside of the cells' sources and outputs."""
        if not isinstance(document, Notebook) or not document.text:
            return
        for start, end in _between(document):
            for found in find_secrets(document.text[start:end], context=Context(path=document.path)):
                span = Span(start + found.start, start + found.end)
                yield self.finding(
                    span,
                    f"{kind_of(found)} in the notebook's metadata, which no editor shows: whoever gets the notebook "
                    "can use it until it is revoked",
                    severity=found.severity,
                    confidence=found.confidence,
                    fixes=_fixes(document.text, span),
                )


def _between(notebook: Notebook) -> Iterator[tuple[int, int]]:
    """The parts of the text that are neither the source nor the outputs of a cell."""
    taken = [cell.source_span for cell in notebook.cells]
    taken.extend(cell.outputs_span for cell in notebook.cells if cell.outputs_span is not None)
    start = 0
    for span in sorted(taken):
        if span.start > start:
            yield start, span.start
        start = max(start, span.end)
    yield start, len(notebook.text)


def _fixes(text: str, span: Span) -> Iterator[Fix]:
    if text[span.start - 1 : span.start] == '"' == text[span.end : span.end + 1]:
        yield Fix(
            "Empty this field",
            (TextEdit(span, ""),),
            Applicability.UNSAFE,
            "what reads the field finds no key there",
        )


def _examples() -> Examples:
    from mlwarden.secrets.samples import sample

    openai = sample("openai-legacy")
    wandb = sample("wandb-legacy")
    return (
        Bad(
            _notebook(f'{{"papermill": {{"parameters": {{"api_key": "{openai}"}}}}}}'),
            path="example.ipynb",
            texts=(openai,),
            severity=Severity.CRITICAL,
            message="OpenAI API key in the notebook's metadata, which no editor shows: whoever gets the notebook can "
            "use it until it is revoked",
            fixed=_notebook('{"papermill": {"parameters": {"api_key": ""}}}'),
        ),
        Bad(
            _notebook("{}", f'{{"wandb_api_key": "{wandb}"}}'),
            path="example.ipynb",
            texts=(wandb,),
            confidence=Confidence.HIGH,
            fixed=_notebook("{}", '{"wandb_api_key": ""}'),
        ),
        Good(
            _notebook('{"vscode": {"interpreter": {"hash": "4c2e6b8f0d1a3957bc2d48e6f7091a3c5d7e9f0b"}}}'),
            path="example.ipynb",
            because="the hash of an interpreter is no secret",
        ),
        Good(
            _notebook('{"papermill": {"parameters": {"api_key": "********", "epochs": 3}}}'),
            path="example.ipynb",
            because="the value is masked",
        ),
        Missed(
            _notebook('{"papermill": {"parameters": {"password": "correct horse"}}}'),
            path="example.ipynb",
            because="a password has no shape",
        ),
    )
