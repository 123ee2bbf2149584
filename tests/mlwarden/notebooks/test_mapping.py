import json
import pickle

import pytest

from mlwarden.model.spans import Span
from mlwarden.notebooks.assemble import EditorCell, notebook_of_cells
from mlwarden.notebooks.mapping import cell_at, source_map, to_cell_span, to_file_span
from mlwarden.notebooks.read import read_notebook

TEXT = r"""{
 "cells": [
  {"cell_type": "code", "source": ["a = \"\u00e9\"\n", "b\n",  "c"]},
  {"cell_type": "code", "source": "d\t\ud83d\ude00e"},
  {"cell_type": "raw", "source": []},
  {"cell_type": "raw"}
 ]
}"""


@pytest.fixture
def notebook():
    return read_notebook("a.ipynb", TEXT)


@pytest.mark.parametrize(
    ("span", "written"),
    [
        (Span(0, 1, 0), "a"),
        (Span(4, 7, 0), r"\"\u00e9\""),
        (Span(5, 6, 0), r"\u00e9"),
        (Span(7, 8, 0), r"\n"),
        (Span(8, 9, 0), "b"),
        (Span(5, 9, 0), r'\u00e9\"\n", "b'),
        (Span(0, 11, 0), r'a = \"\u00e9\"\n", "b\n",  "c'),
        (Span(1, 3, 1), r"\t\ud83d\ude00"),
        (Span(2, 4, 1), r"\ud83d\ude00e"),
    ],
)
def test_spans_in_cells_and_in_the_file(notebook, span, written):
    place = to_file_span(notebook, span)
    assert TEXT[place.start : place.end] == written
    assert to_cell_span(notebook, place) == span


@pytest.mark.parametrize(
    ("offset", "cell", "before"),
    [
        (0, 0, r"a = \""),
        (8, 0, r'b\n",'),
        (11, 0, '"]},'),
        (4, 1, '"},'),
        (0, 2, "]},"),
        (0, 3, '{"cell_type": "raw"}'),
    ],
)
def test_an_empty_span_stays_empty(notebook, offset, cell, before):
    place = to_file_span(notebook, Span(offset, offset, cell))
    assert place.start == place.end
    assert TEXT.startswith(before, place.start)


def test_a_span_of_the_file_is_what_it_is(notebook):
    assert to_file_span(notebook, Span(3, 9)) == Span(3, 9)


def test_offsets_between_strings_belong_to_the_next(notebook):
    comma = TEXT.index(r',  "c')
    assert to_cell_span(notebook, comma) == Span(10, 10, 0)
    assert to_cell_span(notebook, Span(comma, comma + 2)) == Span(10, 10, 0)


def test_an_offset_inside_an_escape_is_its_character(notebook):
    escape = TEXT.index(r"\ud83d")
    for offset in range(escape, escape + 12):
        assert to_cell_span(notebook, offset) == Span(2, 2, 1)
    assert to_cell_span(notebook, Span(escape + 3, escape + 4)) == Span(2, 3, 1)


@pytest.mark.parametrize("place", [0, TEXT.index("cell_type"), len(TEXT), Span(0, len(TEXT))])
def test_outside_sources_there_is_no_place_in_a_cell(notebook, place):
    assert to_cell_span(notebook, place) is None


def test_a_span_over_two_cells_has_no_place_in_either(notebook):
    assert to_cell_span(notebook, Span(TEXT.index(r"b\n"), TEXT.index(r"d\t"))) is None


def test_cells_by_offset(notebook):
    assert cell_at(notebook, 0) is None
    for cell in notebook.cells:
        assert cell_at(notebook, cell.span.start) is cell
        assert cell_at(notebook, cell.span.end - 1) is cell
        assert cell_at(notebook, cell.span.end) is None
    assert cell_at(notebook, len(TEXT)) is None


def test_there_must_be_a_text_and_a_cell(notebook):
    with pytest.raises(ValueError, match="no cell 4"):
        to_file_span(notebook, Span(0, 0, 4))
    with pytest.raises(ValueError, match="no text of its own"):
        to_file_span(notebook_of_cells("a.ipynb", [EditorCell("x")]), Span(0, 0, 0))


def test_what_was_worked_out_is_kept_and_changes_nothing(notebook):
    assert source_map(notebook, 0) is source_map(notebook, 0)
    fresh = read_notebook("a.ipynb", TEXT)
    assert notebook == fresh
    again = pickle.loads(pickle.dumps(notebook))
    assert to_file_span(again, Span(5, 6, 0)) == to_file_span(fresh, Span(5, 6, 0))


def test_version_3_maps_its_input():
    text = json.dumps(
        {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": ["a\n", "b"], "outputs": []}]}]}
    )
    place = to_file_span(read_notebook("a.ipynb", text), Span(2, 3, 0))
    assert text[place.start : place.end] == "b"
