import json

import pytest

from mlwarden.model.spans import Span
from mlwarden.notebooks import outputs as outputs_module
from mlwarden.notebooks.mapping import locate_output
from mlwarden.notebooks.outputs import is_json, is_textual
from mlwarden.notebooks.read import NotebookError, read_notebook


def cell_of(outputs):
    text = outputs if isinstance(outputs, str) else json.dumps(outputs, indent=1)
    return read_notebook("a.ipynb", '{"cells": [{"cell_type": "code", "source": "x", "outputs": ' + text + "}]}")


def texts(outputs):
    return [(output.kind, output.mime, output.text) for output in cell_of(outputs).cells[0].outputs]


def shown(read, output, start, end):
    span = locate_output(read, output, start, end)
    return read.text[span.start : span.end]


def test_streams():
    assert texts(
        [
            {"output_type": "stream", "name": "stdout", "text": ["a\n", "\u001b[31mb\u001b[0m"]},
            {"output_type": "stream", "name": "stderr", "text": "c"},
            {"output_type": "stream", "name": "stderr", "text": []},
        ]
    ) == [("stream", "text/plain", "a\n\x1b[31mb\x1b[0m"), ("stream", "text/plain", "c")]


def test_pictures_and_other_binary_formats_are_passed_over():
    bundle = {
        "text/plain": ["<Figure>"],
        "image/png": "iVBORw0K",
        "image/svg+xml": ["<svg>"],
        "application/pdf": "JVBERi0",
        "application/octet-stream": "AAAA",
        "audio/wav": "UklG",
        "video/mp4": "AAAA",
        "text/html": ["<b>\n", "</b>"],
        "text/latex": "$x$",
        "application/javascript": ["alert(1)"],
    }
    assert texts([{"output_type": "display_data", "metadata": {}, "data": bundle}]) == [
        ("display_data", "text/plain", "<Figure>"),
        ("display_data", "text/html", "<b>\n</b>"),
        ("display_data", "text/latex", "$x$"),
        ("display_data", "application/javascript", "alert(1)"),
    ]


def test_json_is_kept_as_it_is_written():
    written = (
        '[{"output_type": "execute_result", "data": {"application/json": {"a": [1,  "\\u00e9"]},'
        ' "application/vnd.plotly.v1+json": ["x", "y"], "application/geo+json": "text", "text/plain": {"odd": 1},'
        ' "application/vnd.empty+json": null}}]'
    )
    assert texts(written) == [
        ("execute_result", "application/json", '{"a": [1,  "\\u00e9"]}'),
        ("execute_result", "application/vnd.plotly.v1+json", '["x", "y"]'),
        ("execute_result", "application/geo+json", "text"),
        ("execute_result", "text/plain", '{"odd": 1}'),
    ]


def test_errors():
    traceback = ["\u001b[0;31mNameError\u001b[0m", "line\n2", "\u001b[0;31mNameError\u001b[0m: name 'x' is not defined"]
    error = {"output_type": "error", "ename": "NameError", "evalue": "name 'x' is not defined", "traceback": traceback}
    assert texts([error]) == [("error", "text/plain", "\n".join(traceback))]
    assert texts([{**error, "traceback": []}]) == [("error", "text/plain", "name 'x' is not defined")]
    assert texts([{**error, "evalue": "cut away"}])[1] == ("error", "text/plain", "cut away")
    coloured = {**error, "traceback": ["E: \u001b[1mname 'x'\u001b[0m is not defined"]}
    assert len(texts([coloured])) == 1


def test_the_last_of_repeated_keys_counts():
    written = (
        '[{"output_type": "stream", "data": {"text/plain": "a"}, "output_type": "display_data",'
        ' "data": {"text/html": "b", "text/html": "c"}}]'
    )
    assert texts(written) == [("display_data", "text/html", "c")]


@pytest.mark.parametrize("outputs", ["null", "{}", '"text"', "[]", "[null, 3]", '[{"output_type": 3}]'])
def test_what_is_no_output(outputs):
    assert texts(outputs) == []


def test_unknown_kinds_are_told_by_what_they_hold():
    assert texts(
        [
            {"output_type": "update_display_data", "data": {"text/plain": "a"}},
            {"output_type": "oops", "traceback": ["b"]},
            {"text": "c"},
        ]
    ) == [
        ("display_data", "text/plain", "a"),
        ("error", "text/plain", "b"),
        ("display_data", "text/plain", "c"),
    ]


def test_places_in_a_list_of_strings():
    read = cell_of('[{"output_type": "stream", "text": ["a\\u00e9\\n",  "bc"]}]')
    (output,) = read.cells[0].outputs
    assert read.text[output.span.start : output.span.end] == '["a\\u00e9\\n",  "bc"]'
    assert [shown(read, output, start, start + 1) for start in range(5)] == ["a", "\\u00e9", "\\n", "b", "c"]
    assert shown(read, output, 1, 4) == '\\u00e9\\n",  "b'
    cell = read.cells[0]
    assert cell.outputs_span is not None
    assert cell.outputs_span.contains(output.span)


def test_places_in_a_traceback_leave_out_the_joints():
    read = cell_of('[{"output_type": "error", "traceback": ["ab", "cd"]}]')
    (output,) = read.cells[0].outputs
    assert output.text == "ab\ncd"
    assert [shown(read, output, start, start + 2) for start in (0, 3)] == ["ab", "cd"]
    assert shown(read, output, 1, 4) == 'b", "c'


def test_places_in_json_data_are_those_of_the_data():
    data = '{"a": ["x\\u00e9", 1]}'
    bundle = '{"application/json": ' + data + ', "text/plain": {"b": "\\n"}}'
    read = cell_of('[{"output_type": "display_data", "data": ' + bundle + "}]")
    first, second = read.cells[0].outputs
    assert (first.text, first.raw, second.text, second.raw) == (data, True, '{"b": "\\n"}', True)
    assert shown(read, first, 7, 16) == '"x\\u00e9"'
    assert shown(read, second, 7, 9) == "\\n"
    assert locate_output(read, first, 90, 91) == Span(first.span.end, first.span.end)


def test_more_outputs_than_anybody_keeps(monkeypatch):
    monkeypatch.setattr(outputs_module, "MAX_OUTPUTS", 3)
    stream = {"output_type": "stream", "text": "a"}
    assert len(cell_of([stream] * 3).cells[0].outputs) == 3
    with pytest.raises(NotebookError, match="more than 3 outputs"):
        cell_of([stream] * 4)


@pytest.mark.parametrize(
    "mime", ["text/plain", "text/html", "application/json", "application/javascript", "application/xml"]
)
def test_textual_formats(mime):
    assert is_textual(mime)


@pytest.mark.parametrize(
    "mime", ["image/png", "IMAGE/PNG", "image/svg+xml", "audio/mpeg", "application/pdf", "font/woff"]
)
def test_binary_formats(mime):
    assert not is_textual(mime)


def test_json_formats():
    assert is_json("application/json")
    assert is_json("application/vnd.vegalite.v5+json")
    assert not is_json("text/plain")


def test_an_empty_range_is_located_too():
    read = cell_of('[{"output_type": "stream", "text": ["ab\\n", "cd"]}]')
    (output,) = read.cells[0].outputs
    place = read.text.index("cd")
    assert locate_output(read, output, 3, 3) == Span(place, place)
    assert locate_output(read, output, 5, 5) == Span(place + 2, place + 2)


def test_the_text_without_its_pictures():
    attached = {"a.png": {"image/png": "QUFB", "text/plain": "seen"}, "b": None}
    cells = [
        {"cell_type": "markdown", "source": "# 1", "attachments": attached},
        {"cell_type": "code", "source": "x", "outputs": [{"data": {"image/png": ["iV\n", "BO"], "text/html": "<b>"}}]},
        {"cell_type": "code", "source": "y", "attachments": [1], "outputs": [{"output_type": "pyout", "png": "eJw"}]},
    ]
    read = read_notebook("a.ipynb", json.dumps({"cells": cells}))
    assert [read.text[span.start : span.end] for span in read.pictures] == ['"QUFB"', '["iV\\n", "BO"]', '"eJw"']
    left = json.loads(read.readable_text)["cells"]
    assert left[0]["attachments"] == {"a.png": {"image/png": "", "text/plain": "seen"}, "b": None}
    assert left[1]["outputs"] == [{"data": {"image/png": "", "text/html": "<b>"}}]
    assert left[2]["outputs"] == [{"output_type": "pyout", "png": ""}]
    assert [cell["source"] for cell in left] == ["# 1", "x", "y"]
