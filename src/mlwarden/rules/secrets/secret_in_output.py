"""MLW304: a token in the saved output of a notebook cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Cell, Notebook
from mlwarden.rules.base import Bad, DocumentKind, Finding, Fix, Good, Missed, Reference, Rule, Severity, Span
from mlwarden.rules.examples import Examples, later
from mlwarden.secrets.scan import Context, find_secrets
from mlwarden.secrets.wording import kind_of

if TYPE_CHECKING:
    from mlwarden.source.documents import Document

# Formats that hold no text, or text that is made of numbers: drawings, the state of widgets.
_NO_TEXT = ("image/", "audio/", "video/", "application/vnd.jupyter.widget", "application/vnd.plotly", "application/pdf")


def _notebook(output: str) -> str:
    """A notebook as text, its only cell with the output, for the examples."""
    before = '{\n "cells": [\n  {\n   "cell_type": "code",\n   "execution_count": 1,\n   "id": "first",\n'
    source = '   "source": [\n    "!env"\n   ]\n  }\n ],\n'
    after = ' "metadata": {\n  "language_info": {\n   "name": "python"\n  }\n },\n "nbformat": 4,\n'
    return f'{before}   "metadata": {{}},\n   "outputs": {output},\n{source}{after} "nbformat_minor": 5\n}}\n'


def _stream(*lines: str) -> str:
    return json.dumps([{"name": "stdout", "output_type": "stream", "text": list(lines)}])


def _rich(mime: str, text: str) -> str:
    return json.dumps([{"data": {mime: text}, "metadata": {}, "output_type": "display_data"}])


class SecretInOutput(Rule):
    """An API key, token or private key in the saved output of a notebook cell.

    ## Why is this bad?

    A notebook keeps what its cells printed: an environment that was listed, a request that was logged, a traceback
    with its variables. The code looks clean, the key is in the file all the same, and goes wherever the notebook goes.

    ## How to fix

    Clear the output, revoke the key, and print less: whether a variable is set, not what it holds.

    ## When it is fine

    When the key was revoked long ago and the output is kept as a record.

    ## Limits

    Text, HTML and JSON are searched, tracebacks and error streams too. Pictures, and the state of widgets and charts,
    are not: base64 and numbers look like keys. A key that stands in several formats of the same outputs is reported
    once for each cell.

    ## Fix safety

    Safe: outputs are no part of the program, and running the cell brings them back.
    """

    code = "MLW304"
    name = "secret-in-output"
    severity = Severity.CRITICAL
    kinds = (DocumentKind.NOTEBOOK,)
    triggers = ("",)
    cwe = (532, 312)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0055",)
    references = (
        Reference(
            "nbformat: the outputs of a code cell",
            "https://nbformat.readthedocs.io/en/latest/format_description.html#code-cell-outputs",
        ),
    )
    examples = later(lambda: _examples())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report each token once for each cell in whose outputs it stands."""
        if not isinstance(document, Notebook) or not document.text:
            return
        for cell in document.cells:
            yield from self._in_cell(document, cell)

    def _in_cell(self, notebook: Notebook, cell: Cell) -> Iterator[Finding]:
        from mlwarden.notebooks.mapping import locate_output

        seen: set[str] = set()
        for output in cell.outputs:
            if output.mime.startswith(_NO_TEXT):
                continue
            for found in find_secrets(output.text, context=Context(path=notebook.path)):
                if found.value in seen:
                    continue
                seen.add(found.value)
                yield self.finding(
                    locate_output(notebook, output, found.start, found.end),
                    f"{kind_of(found)} in a saved output: whoever gets the notebook can use it until it is revoked",
                    severity=found.severity,
                    confidence=found.confidence,
                    fixes=_fixes(notebook, cell),
                )


def _fixes(notebook: Notebook, cell: Cell) -> Iterator[Fix]:
    if cell.outputs_span is None:
        return
    yield Fix("Clear the outputs of this cell", (_clear(cell.outputs_span),), Applicability.SAFE)
    spans = [each.outputs_span for each in notebook.cells if each.outputs_span is not None]
    filled = [span for span in spans if notebook.text[span.start : span.end] != "[]"]
    if len(filled) > 1:
        yield Fix("Clear the outputs of all cells", tuple(map(_clear, filled)), Applicability.SAFE)


def _clear(outputs: Span) -> TextEdit:
    return TextEdit(outputs, "[]")


def _examples() -> Examples:
    from mlwarden.secrets.samples import sample

    hf = sample("huggingface")
    return (
        Bad(
            _notebook(_stream("LANG=C.UTF-8\n", f"HF_TOKEN={hf}\n")),
            path="example.ipynb",
            texts=(hf,),
            severity=Severity.CRITICAL,
            message="Hugging Face access token in a saved output: whoever gets the notebook can use it until it is "
            "revoked",
            fixed=_notebook("[]"),
        ),
        Bad(
            _notebook(_rich("text/html", f"<pre>Authorization: Bearer {sample('openai')}</pre>")),
            path="example.ipynb",
            texts=(sample("openai"),),
            fixed=_notebook("[]"),
        ),
        Good(
            _notebook(_stream("HF_TOKEN=hf_****\n", "commit 4c2e6b8f0d1a3957bc2d48e6f7091a3c5d7e9f0b\n")),
            path="example.ipynb",
            because="the token is masked, and a commit is no secret",
        ),
        Good(
            _notebook(_rich("image/png", sample("aws-session") + sample("github").replace("_", "/"))),
            path="example.ipynb",
            because="it is a picture",
        ),
        Missed(
            _notebook(_stream(f"{hf[:20]}\n", f"{hf[20:]}\n")),
            path="example.ipynb",
            because="the token was printed over two lines",
        ),
    )
