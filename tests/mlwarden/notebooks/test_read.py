import json
import subprocess
import sys

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.spans import Span
from mlwarden.notebooks.read import MAX_CELLS, MAX_MAGICS, NotebookError, read_notebook

CODE = {"cell_type": "code", "metadata": {}, "source": "", "outputs": [], "execution_count": None}


def notebook(*cells, metadata=None, **more):
    return json.dumps(
        {"cells": [{**CODE, **cell} for cell in cells], "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5}
        | more
    )


def test_a_whole_notebook():
    text = """{
 "cells": [
  {
   "cell_type": "markdown",
   "id": "intro",
   "metadata": {},
   "source": ["# Caf\\u00e9\\n", "text"]
  },
  {
   "cell_type": "code",
   "execution_count": 7,
   "id": "load",
   "metadata": {"tags": ["keep", "parameters"], "collapsed": true},
   "outputs": [{"name": "stdout", "output_type": "stream", "text": ["a\\n", "b\\n"]}],
   "source": "!ls\\nx = 1"
  },
  {
   "cell_type": "raw",
   "metadata": {},
   "source": []
  }
 ],
 "metadata": {"kernelspec": {"name": "python3", "language": "python"}, "x": [1]},
 "nbformat": 4,
 "nbformat_minor": 4
}
"""
    read = read_notebook("a.ipynb", text)
    assert (read.path, read.text, read.language, read.nbformat) == ("a.ipynb", text, "python", (4, 4))
    assert read.metadata == {"kernelspec": {"name": "python3", "language": "python"}, "x": [1]}
    intro, load, raw = read.cells
    assert [cell.index for cell in read.cells] == [0, 1, 2]
    assert (intro.id, intro.kind, intro.source, intro.python) == ("intro", "markdown", "# Caf\u00e9\ntext", "")
    assert text[intro.source_span.start : intro.source_span.end] == '["# Caf\\u00e9\\n", "text"]'
    assert json.loads(text[intro.span.start : intro.span.end])["id"] == "intro"
    assert intro.outputs_span is None
    assert (load.id, load.kind, load.source, load.python) == ("load", "code", "!ls\nx = 1", "0  \nx = 1")
    assert [(magic.kind, magic.text) for magic in load.magics] == [("shell", "ls")]
    assert (load.tags, load.execution_count) == (("keep", "parameters"), 7)
    assert load.metadata == {"tags": ["keep", "parameters"], "collapsed": True}
    assert [(output.kind, output.mime, output.text) for output in load.outputs] == [("stream", "text/plain", "a\nb\n")]
    assert load.outputs_span is not None
    assert json.loads(text[load.outputs_span.start : load.outputs_span.end])[0]["name"] == "stdout"
    assert (raw.kind, raw.source, raw.source_span) == ("raw", "", Span(text.index("[]"), text.index("[]") + 2))


def test_version_3_is_read_as_nbformat_upgrades_it():
    v3 = {
        "metadata": {"name": "old"},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "metadata": {}, "source": ["Title"]},
                    {"cell_type": "markdown", "metadata": {}, "source": ["some\n", "text"]},
                    {
                        "cell_type": "code",
                        "collapsed": False,
                        "input": ["%pylab\n", "x = 1"],
                        "language": "python",
                        "metadata": {},
                        "outputs": [
                            {"output_type": "stream", "stream": "stdout", "text": ["a\n"]},
                            {
                                "output_type": "pyout",
                                "prompt_number": 3,
                                "metadata": {},
                                "text": ["3"],
                                "html": ["<b>"],
                            },
                            {"output_type": "display_data", "metadata": {}, "png": "iVBORw0K", "json": '{"a": 1}'},
                            {
                                "output_type": "pyerr",
                                "ename": "NameError",
                                "evalue": "no",
                                "traceback": ["line 1", "NameError: no"],
                            },
                        ],
                        "prompt_number": 3,
                    },
                ],
                "metadata": {},
            },
            {"cells": [{"cell_type": "raw", "metadata": {}, "source": "raw"}], "metadata": {}},
        ],
    }
    text = json.dumps(v3)
    read = read_notebook("a.ipynb", text)
    upgraded = nbformat.reads(text, as_version=4)
    assert read.nbformat == (3, 0)
    assert [cell.kind for cell in read.cells] == [cell.cell_type for cell in upgraded.cells]
    assert [cell.source for cell in read.cells[1:]] == [cell.source for cell in upgraded.cells[1:]]
    assert (read.cells[0].source, upgraded.cells[0].source) == ("Title", "## Title")  # ours is as the file has it
    code = read.cells[2]
    assert code.execution_count == upgraded.cells[2].execution_count == 3
    assert code.python == "0     \nx = 1"
    expected = []
    for output in upgraded.cells[2].outputs:
        match output.output_type:
            case "stream":
                expected.append(("stream", "text/plain", output.text))
            case "error":
                expected.append(("error", "text/plain", "\n".join(output.traceback)))
            case kind:
                expected += [
                    (kind, mime, data if isinstance(data, str) else json.dumps(data))
                    for mime, data in output.data.items()
                    if mime != "image/png"
                ]
    assert sorted((output.kind, output.mime, output.text) for output in code.outputs) == sorted(expected)


def test_version_2_has_the_shape_of_version_3():
    text = json.dumps(
        {
            "nbformat": 2,
            "metadata": {},
            "worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1", "language": "python", "outputs": []}]}],
        }
    )
    read = read_notebook("a.ipynb", text)
    assert [cell.python for cell in read.cells] == ["x = 1"]


def test_old_notebooks_may_be_empty():
    for text in ('{"nbformat": 3, "metadata": {}}', '{"nbformat": 3, "worksheets": [{}]}'):
        assert read_notebook("a.ipynb", text).cells == ()


@pytest.mark.parametrize(
    ("version", "source"),
    [(4, "the source"), (3, "the input")],
)
def test_a_field_of_another_version_does_not_hide_the_code(version, source):
    text = notebook({"source": "the source", "input": "the input"}, nbformat=version)
    assert read_notebook("a.ipynb", text).cells[0].source == source


def test_the_last_of_repeated_keys_counts():
    text = (
        '{"cells": [{"cell_type": "code", "source": "a"}], "nbformat": 3, '
        '"cells": [{"cell_type": "raw", "source": "a", "cell_type": "code", "source": ["b", "c"]}], "nbformat": 4}'
    )
    read = read_notebook("a.ipynb", text)
    assert [(cell.kind, cell.source) for cell in read.cells] == [("code", "bc")]
    assert read.nbformat[0] == 4
    span = read.cells[0].source_span
    assert text[span.start : span.end] == '["b", "c"]'


@pytest.mark.parametrize(
    ("metadata", "cell", "python"),
    [
        ({}, {"source": "x = 1"}, "x = 1"),
        ({"kernelspec": {"name": "ir", "language": "R"}}, {"source": "x <- 1"}, ""),
        (
            {"kernelspec": {"language": "R"}},
            {"source": "x = 1", "metadata": {"vscode": {"languageId": "python"}}},
            "x = 1",
        ),
        ({}, {"source": "ls", "metadata": {"vscode": {"languageId": "shellscript"}}}, ""),
        ({}, {"source": "%%bash\nls"}, ""),
        ({}, {"source": "%%time\nx"}, "      \nx"),
        ({}, {"source": "x", "cell_type": "markdown"}, ""),
        ({}, {"source": "x", "cell_type": "something"}, ""),
        ({"application/vnd.databricks.v1+notebook": {"language": "python"}}, {"source": "%sql x\na"}, ""),
        ({"application/vnd.databricks.v1+notebook": {"language": "sql"}}, {"source": "select 1"}, ""),
        ({"application/vnd.databricks.v1+notebook": {"language": "sql"}}, {"source": "%python\nx"}, "       \nx"),
    ],
)
def test_which_cells_are_python(metadata, cell, python):
    assert read_notebook("a.ipynb", notebook(cell, metadata=metadata)).cells[0].python == python


COLAB = r"""{"nbformat": 4, "nbformat_minor": 0, "metadata": {"colab": {"provenance": [], "gpuType": "T4"},
"kernelspec": {"name": "python3", "display_name": "Python 3"}, "accelerator": "GPU"}, "cells": [
{"cell_type": "code", "source": ["# @title Install { display-mode: \"form\" }\n", "!pip install x"],
 "metadata": {"cellView": "form", "id": "aBc", "colab": {"base_uri": "https://localhost:8080/"}}, "execution_count": 1,
 "outputs": [{"output_type": "stream", "name": "stdout", "text": ["Collecting x\n"]}]}]}"""
KAGGLE = r"""{"metadata":{"kernelspec":{"language":"python","display_name":"Python 3","name":"python3"},
"kaggle":{"accelerator":"none","dataSources":[]}},"nbformat_minor":4,"nbformat":4,"cells":[{"cell_type":"code",
"source":"import os\n!ls ../input","metadata":{"_uuid":"8f2","trusted":true,"_kg_hide-input":true},
"outputs":[],"execution_count":null}]}"""
DATABRICKS = r"""{"cells": [{"cell_type": "code", "execution_count": 0, "metadata": {
"application/vnd.databricks.v1+cell": {"cellMetadata": {}, "inputWidgets": {}, "nuid": "0a", "title": ""}},
"outputs": [], "source": ["%sql\n", "select 1"]}], "metadata": {
"application/vnd.databricks.v1+notebook": {"dashboards": [], "language": "python", "notebookName": "x"},
"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 0}"""
VS_CODE = r"""{"cells": [{"cell_type": "code", "execution_count": null, "metadata": {"vscode": {"languageId": "powershell"}},
"outputs": [], "source": ["Get-Item x"]}, {"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [],
"source": ["x = 1"]}], "metadata": {"language_info": {"name": "python"}, "orig_nbformat": 4}, "nbformat": 4,
"nbformat_minor": 2}"""


@pytest.mark.parametrize(
    ("text", "python", "magics"),
    [
        (COLAB, ['# @title Install { display-mode: "form" }\n0             '], [("shell", "!")]),
        (KAGGLE, ["import os\n0           "], [("shell", "!")]),
        (DATABRICKS, [""], [("cell", "sql")]),
        (VS_CODE, ["", "x = 1"], []),
    ],
)
def test_notebooks_of_hosting_services_and_editors(text, python, magics):
    read = read_notebook("a.ipynb", text)
    assert read.language == "python"
    assert [cell.python for cell in read.cells] == python
    assert [(magic.kind, magic.name) for cell in read.cells for magic in cell.magics] == magics


def test_metadata_after_the_cells_decides_their_language():
    text = '{"cells": [{"cell_type": "code", "source": "x"}], "metadata": {"language_info": {"name": "julia"}}}'
    read = read_notebook("a.ipynb", text)
    assert (read.language, read.cells[0].python) == ("julia", "")


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("", "not a valid notebook: expected a value (line 1, column 1)", ""),
        ("[]", "not a notebook: it is not a JSON object", "["),
        ("{}", "not a notebook: it has neither cells nor worksheets", "{"),
        ('{"cells": 3}', "not a notebook: cells is not a list", "3"),
        ('{"cells": [3]}', "not a notebook: cell 1 is not an object", "3"),
        ('{"worksheets": 3}', "not a notebook: worksheets is not a list", "3"),
        ('{"worksheets": [3]}', "not a notebook: a worksheet is not an object", "3"),
        (
            '{"cells": [{}, {"source": 3}]}',
            "not a notebook: the source of cell 2 is neither a string nor a list of strings",
            "3",
        ),
        (
            '{"cells": [{"source": ["a", null]}]}',
            "not a notebook: the source of cell 1 is neither a string nor a list of strings",
            '["a"',
        ),
        ('{"cells": [', "not a valid notebook: expected a value (line 1, column 12)", None),
        ('{"cells": []} x', "not a valid notebook: expected the end of the text (line 1, column 15)", "x"),
        (
            '{"cells": [],\n"metadata": {"a": tru}}',
            "not a valid notebook: expected a value (line 2, column 19)",
            "tru",
        ),
        (
            '{"nbformat": 1, "cells": []}',
            "not a notebook that can be read: nbformat is not a version from 2 up",
            ", ",
        ),
        (
            '{"nbformat": "4", "cells": []}',
            "not a notebook that can be read: nbformat is not a version from 2 up",
            ", ",
        ),
        (
            '{"cells": [\n<<<<<<< HEAD\n{}]}',
            "not a valid notebook: expected a value, found a merge conflict (line 2, column 1)",
            "<<<",
        ),
    ],
)
def test_what_is_not_a_notebook(text, message, at):
    with pytest.raises(NotebookError) as caught:
        read_notebook("a.ipynb", text)
    assert caught.value.message == str(caught.value) == message
    assert caught.value.offset == (len(text) if at is None else text.index(at))


def test_lenient_where_there_is_no_doubt():
    text = '\ufeff{"cells": [{"cell_type": "code"}, {"source": "x", "metadata": null, "outputs": null, "id": 3}]}'
    read = read_notebook("a.ipynb", text)
    assert [(cell.kind, cell.source, cell.id, cell.tags, cell.outputs) for cell in read.cells] == [
        ("code", "", "", (), ()),
        ("raw", "x", "", (), ()),
    ]
    assert read.cells[0].source_span == Span(12, 12)


def test_nan_and_half_characters_are_read():
    text = (
        '{"cells": [{"cell_type": "code", "source": "\\ud83d", "metadata": {"x": NaN}}], "metadata": {"y": Infinity}}'
    )
    read = read_notebook("a.ipynb", text)
    assert (read.cells[0].source, read.cells[0].python) == ("\ud83d", "\ufffd")
    assert read.metadata == {"y": float("inf")}


def test_deep_nesting_is_an_error():
    for text in ("[" * 100_000, '{"cells":[{"metadata":' + '{"a":' * 100_000, '{"a":' * 100_000):
        with pytest.raises(NotebookError, match="nested deeper than 200 levels"):
            read_notebook("a.ipynb", text)


def test_more_cells_than_anybody_writes():
    with pytest.raises(NotebookError, match=f"more than {MAX_CELLS} cells"):
        read_notebook("a.ipynb", '{"cells": [' + "{}," * MAX_CELLS + "{}]}")


def test_more_magics_than_anybody_writes():
    cell = {"source": "!a\n" * 50_000}
    assert len(read_notebook("a.ipynb", notebook(*[cell] * (MAX_MAGICS // 50_000))).cells) == MAX_MAGICS // 50_000
    with pytest.raises(NotebookError, match=f"more than {MAX_MAGICS} magics"):
        read_notebook("a.ipynb", notebook(*[cell] * (MAX_MAGICS // 50_000), {"source": "!a"}))
    with pytest.raises(NotebookError, match="cell 2: more than 50000 magics in one cell"):
        read_notebook("a.ipynb", notebook({}, {"source": "!a\n" * 50_001}))


def test_large_metadata_keeps_what_matters():
    widgets = {"state": ["x" * 1000] * 5000}
    kernel = {"name": "ir", "language": "R"}
    text = notebook(
        {"metadata": {"tags": ["a", 3, "b"], "x": "y"}}, metadata={"widgets": widgets, "kernelspec": kernel}
    )
    read = read_notebook("a.ipynb", text)
    assert (read.language, read.metadata) == ("r", {"kernelspec": kernel})
    assert (read.cells[0].tags, read.cells[0].metadata) == (("a", "b"), {"tags": ["a", 3, "b"], "x": "y"})
    cell = {"metadata": {"tags": ["a", 3, "b"], "big": "x" * 3_000_000}}
    read = read_notebook("a.ipynb", notebook(cell, cell))
    assert [cell.tags for cell in read.cells] == [("a", "b"), ("a", "b")]
    assert [sorted(cell.metadata) for cell in read.cells] == [["big", "tags"], []]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["code", "markdown", "raw"]),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        ),
        max_size=5,
    )
)
def test_sources_are_what_nbformat_reads(cells):
    made = nbformat.v4.new_notebook()
    for kind, source in cells:
        made.cells.append(getattr(nbformat.v4, f"new_{kind}_cell")(source))
    text = nbformat.writes(made)
    read = read_notebook("a.ipynb", text)
    again = nbformat.reads(text, as_version=4)
    assert [(cell.kind, cell.source, cell.id) for cell in read.cells] == [
        (cell.cell_type, cell.source, cell.id) for cell in again.cells
    ]


@given(st.text('{}[]",:1\\ntru cels', max_size=60))
def test_any_text_is_read_or_refused(text):
    for candidate in (text, '{"cells": [' + text, '{"cells": [{"source": ' + text):
        try:
            offset = len(read_notebook("a.ipynb", candidate).text)
        except NotebookError as error:
            offset = error.offset
        assert 0 <= offset <= len(candidate)


def test_reading_does_not_import_nbformat():
    program = (
        "import sys\n"
        "from mlwarden.notebooks.read import read_notebook\n"
        "from mlwarden.notebooks import edit, mapping, percent, validate, assemble\n"
        "read_notebook('a.ipynb', '{\"cells\": []}')\n"
        "print([name for name in ('nbformat', 'libcst', 'jsonschema', 'asyncio', 'IPython') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
