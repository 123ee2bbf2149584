"""MLW608: personal data in the saved output of a notebook cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Cell, Notebook, Output
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
)
from mlwarden.rules.examples import Examples, later

if TYPE_CHECKING:
    from mlwarden.source.documents import Document

_SEVERE = frozenset({"payment card numbers", "bank accounts", "social security numbers"})
# Pictures and the state of widgets and charts hold no text; what follows in a very long output is more of the same.
_TEXT = ("text/", "application/json")
_LONGEST = 200_000


class PiiInOutput(Rule):
    """E-mail addresses, phone numbers, card numbers or accounts of persons in the saved output of a notebook cell.

    ## Why is this bad?

    A notebook keeps the rows that `df.head()` showed. With the notebook they go to the repository, to its forks and to
    everybody who is sent a copy, long after the table itself was deleted or access to it taken away.

    ## How to fix

    Clear the output. Show columns that are about nobody: `df.drop(columns=[...]).head()`, `df.dtypes`, `df.describe()`.

    ## When it is fine

    When the persons are made up, or the data is published on purpose.

    ## Limits

    Only what is clear is reported: card numbers written in groups with a right check digit, IBANs with a right check
    sum, social security and card numbers where a word or column says so, and lists of addresses or phone numbers (two
    below a column of that name, five elsewhere). Addresses of `example.org` and the like, roles such as `info@`, authors of
    packages and the test numbers of payment systems do not count. Names of persons have no form to tell them by.

    ## Fix safety

    Safe: outputs are no part of the program, and running the cell brings them back.
    """

    code = "MLW608"
    name = "pii-in-output"
    severity = Severity.HIGH
    kinds = (DocumentKind.NOTEBOOK,)
    triggers = ("",)
    cwe = (359,)
    owasp_llm = ("LLM02",)
    atlas = ("AML.T0036",)
    references = (
        Reference(
            "nbformat: the outputs of a code cell",
            "https://nbformat.readthedocs.io/en/latest/format_description.html#code-cell-outputs",
        ),
        Reference("GDPR, article 4: personal data", "https://eur-lex.europa.eu/eli/reg/2016/679/oj"),
    )
    examples = later(lambda: _examples())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report each cell whose outputs hold data about persons, once."""
        if isinstance(document, Notebook) and document.text:
            for cell in document.cells:
                if cell.outputs:
                    yield from self._in_cell(document, cell)

    def _in_cell(self, notebook: Notebook, cell: Cell) -> Iterator[Finding]:
        from mlwarden.notebooks.mapping import locate_output
        from mlwarden.rules.data._personal_values import headings, personal_values, telling

        values: dict[str, set[str]] = {}
        first: dict[str, tuple[Output, int, int]] = {}
        sure: set[str] = set()
        heads: frozenset[str] = frozenset()
        for output in cell.outputs:
            if not output.mime.startswith(_TEXT) or output.kind == "error":
                continue
            text = output.text[:_LONGEST]
            for found in personal_values(text):
                values.setdefault(found.kind, set()).add(found.value)
                first.setdefault(found.kind, (output, found.start, found.end))
                if found.sure:
                    sure.add(found.kind)
        if not values:
            return
        for output in cell.outputs:
            if output.mime.startswith(_TEXT):
                heads |= headings(output.text[:_LONGEST], output.mime)
        kinds = telling(values, sure, heads, "\n".join(output.text[:_LONGEST] for output in cell.outputs))
        if not kinds:
            return
        kinds.sort(key=lambda kind: kind not in _SEVERE)
        counted = " and ".join(f"{len(values[kind])} {kind if len(values[kind]) > 1 else _one(kind)}" for kind in kinds)
        yield self.finding(
            locate_output(notebook, *first[kinds[0]]),
            f"{counted} in a saved output: who gets the notebook gets data about persons",
            severity=Severity.HIGH if kinds[0] in _SEVERE else Severity.MEDIUM,
            confidence=Confidence.HIGH if sure.intersection(kinds) else Confidence.MEDIUM,
            fixes=_fixes(notebook, cell),
        )


def _one(kind: str) -> str:
    return kind.removesuffix("es") if kind.endswith("addresses") else kind.removesuffix("s")


def _fixes(notebook: Notebook, cell: Cell) -> Iterator[Fix]:
    if cell.outputs_span is None:
        return
    yield Fix("Clear the outputs of this cell", (TextEdit(cell.outputs_span, "[]"),), Applicability.SAFE)
    spans = [each.outputs_span for each in notebook.cells if each.outputs_span is not None]
    filled = [span for span in spans if notebook.text[span.start : span.end] != "[]"]
    if len(filled) > 1:
        yield Fix("Clear the outputs of all cells", tuple(TextEdit(span, "[]") for span in filled), Applicability.SAFE)


def _notebook(output: str) -> str:
    """A notebook as text, its only cell with the output, for the examples."""
    before = '{\n "cells": [\n  {\n   "cell_type": "code",\n   "execution_count": 1,\n   "id": "first",\n'
    source = '   "source": [\n    "df.head()"\n   ]\n  }\n ],\n'
    after = ' "metadata": {\n  "language_info": {\n   "name": "python"\n  }\n },\n "nbformat": 4,\n'
    return f'{before}   "metadata": {{}},\n   "outputs": {output},\n{source}{after} "nbformat_minor": 5\n}}\n'


def _stream(*lines: str) -> str:
    return json.dumps([{"name": "stdout", "output_type": "stream", "text": list(lines)}])


def _table(*rows: tuple[str, ...]) -> str:
    head = "".join(f"<th>{name}</th>" for name in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{value}</td>" for value in row) + "</tr>" for row in rows[1:])
    html = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    data = {"text/html": html, "text/plain": "\n".join("  ".join(row) for row in rows)}
    return json.dumps([{"data": data, "metadata": {}, "output_type": "execute_result", "execution_count": 1}])


def _examples() -> Examples:
    # Put together here, so that no file of this repository holds what looks like somebody's data.
    mails = [
        f"{name}@{host}" for name, host in (("ada.king", "posteo.de"), ("b.russell", "gmx.net"), ("c_gauss", "web.de"))
    ]
    more = [f"{name}.noether@uni-{town}.de" for name, town in (("emmy", "erlangen"), ("fritz", "freiburg"))]
    card = " ".join(("4539", "1488", "0343", "6467"))
    iban = "DE" + "12500105170648489890"
    ssn = "-".join(("536", "22", "8726"))
    phones = ["-".join(("412", "384", end)) for end in ("7731", "2094")]
    return (
        Bad(
            _notebook(_table(("name", "email"), ("Ada", mails[0]), ("Bertrand", mails[1]))),
            path="example.ipynb",
            texts=(mails[0],),
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            message="2 e-mail addresses in a saved output: who gets the notebook gets data about persons",
            fixed=_notebook("[]"),
        ),
        Bad(
            _notebook(_stream(*(f"sent to {mail}\n" for mail in mails + more))),
            path="example.ipynb",
            texts=(mails[0],),
            fixed=_notebook("[]"),
        ),
        Bad(
            _notebook(_stream("order 1 paid\n", f"  {card}  09/27\n")),
            path="example.ipynb",
            texts=(card,),
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="1 payment card number in a saved output: who gets the notebook gets data about persons",
            fixed=_notebook("[]"),
        ),
        Bad(
            _notebook(_table(("id", "credit_card_number"), ("1", card.replace(" ", "")))),
            path="example.ipynb",
            texts=(card.replace(" ", ""),),
            confidence=Confidence.MEDIUM,
            fixed=_notebook("[]"),
        ),
        Bad(
            _notebook(_stream("employee  SSN\n", f"Ada       {ssn}\n")),
            path="example.ipynb",
            texts=(ssn,),
            severity=Severity.HIGH,
            fixed=_notebook("[]"),
        ),
        Bad(
            _notebook(_stream(f"transfer from {iban}\n")),
            path="example.ipynb",
            texts=(iban,),
            confidence=Confidence.HIGH,
            fixed=_notebook("[]"),
        ),
        Bad(
            _notebook(_table(("Phone Number", "city"), (phones[0], "Ulm"), (phones[1], "Bonn"))),
            path="example.ipynb",
            texts=(phones[0],),
            message="2 phone numbers in a saved output: who gets the notebook gets data about persons",
            fixed=_notebook("[]"),
        ),
        Good(
            _notebook(_table(("email",), ("ada@example.org",), ("info@posteo.de",), ("bob@test.com",))),
            path="example.ipynb",
            because="these are examples, and the address of a role",
        ),
        Good(
            _notebook(
                _stream("Author-email: " + mails[0] + "\n", "Maintainer: C <" + mails[2] + ">\n", f"wrote {mails[1]}")
            ),
            path="example.ipynb",
            because="authors publish their address, and one address is no list",
        ),
        Good(
            _notebook(
                _stream(
                    "tensor([4539148803436467, 1234567812345678])\n",
                    "step 2024-11-25 run 100-200-3000\n",
                    "4242 4242 4242 4242\n",
                )
            ),
            path="example.ipynb",
            because="numbers without a word that says that they are cards, a date, and the test card of a payment system",
        ),
        Good(
            _notebook(_table(("email", "n"), ("a3f1…", "3"), ("9bc0…", "5"))),
            path="example.ipynb",
            because="the addresses were hashed",
        ),
        Good(
            _notebook(_stream("loss 0.6931-22-8726\n", "4539 1488 0343 6468\n", "DE12 5001 0517 0648 4898 91\n")),
            path="example.ipynb",
            because="the check digits are wrong",
        ),
        Missed(
            _notebook(_table(("patient_name", "diagnosis"), ("Ada King", "C34.1"))),
            path="example.ipynb",
            because="a name has no form to tell it by",
        ),
    )
