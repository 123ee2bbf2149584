import copy
import json

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.fixes import TextEdit
from mlwarden.model.spans import Span
from mlwarden.notebooks.assemble import EditorCell, notebook_of_cells
from mlwarden.notebooks.edit import apply_edits, clear_outputs_edit, output_edits, remove_output_edit, to_file_edits
from mlwarden.notebooks.mapping import locate_output, to_cell_span, to_file_span
from mlwarden.notebooks.read import read_notebook

TEXT = st.text(st.sampled_from('ab \n\n\n"\\/\t\r\x07\x7f\u00e9\u4f60\U0001f600\u2028\x0c'), max_size=20)


def split(text: str) -> list[str]:
    """One string a line, as notebooks keep text."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def join(value: str | list[str]) -> str:
    return "".join(value)


@st.composite
def source_values(draw):
    text = draw(TEXT)
    match draw(st.integers(0, 2)):
        case 0:
            return text
        case 1:
            return split(text)
        case _:  # split anywhere, as nothing forbids
            cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
            return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@st.composite
def notebooks(draw, sources=None):
    sources = source_values() if sources is None else sources
    cells = []
    for value in draw(st.lists(sources, min_size=1, max_size=3)):
        cell = {"cell_type": "code", "metadata": {}, "source": value, "execution_count": draw(st.none() | st.just(3))}
        outputs = draw(st.lists(sources, max_size=1))
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text} for text in outputs]
        keys = draw(st.permutations(sorted(cell)))
        cells.append({key: cell[key] for key in keys})
    # The first cell shows whether the file escapes what is beyond ASCII.
    habit = {"cell_type": "markdown", "metadata": {}, "source": "\u00e9"}
    return {"cells": [habit, *cells], "metadata": {"x": ["\u00fc"]}, "nbformat": 4, "nbformat_minor": 4}


STYLES = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 1, 2, 4, "\t"]),
        "ensure_ascii": st.booleans(),
        "separators": st.sampled_from([(", ", ": "), (",", ":"), (",", ": ")]),
        "sort_keys": st.booleans(),
    }
)


def dump(data, style):
    if style["indent"] is None and style["separators"] == (",", ": "):
        style = {**style, "separators": (", ", ": ")}  # nobody writes one space and not the other on one line
    return json.dumps(data, **style) + "\n"


def changed(text, changes):
    """The edits of a string, done on the string."""
    parts, done = [], 0
    for start, end, replacement in changes:
        parts += [text[done:start], replacement]
        done = end
    return "".join(parts) + text[done:]


@st.composite
def changes_of(draw, text):
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=5)))
    pairs = list(zip(cuts[0::2], cuts[1::2], strict=False))
    return [(start, end, draw(TEXT | st.just(""))) for start, end in pairs]


def edits_in(index, changes):
    return [TextEdit(Span(start, end, index), replacement) for start, end, replacement in changes]


def without_sources(notebook, text):
    """The text with every source's JSON cut out."""
    parts, done = [], 0
    for cell in notebook.cells:
        parts.append(text[done : cell.source_span.start])
        done = cell.source_span.end
    return [*parts, text[done:]]


@given(notebooks(), STYLES)
def test_no_edits_change_nothing(data, style):
    text = dump(data, style)
    read = read_notebook("a.ipynb", text)
    assert apply_edits(read, []) == text
    every = [TextEdit(Span(0, 0, cell.index), "") for cell in read.cells]
    assert apply_edits(read, every) == text


@given(st.data(), notebooks(), STYLES)
def test_edits_do_to_the_file_what_they_do_to_the_source(data, content, style):
    text = dump(content, style)
    read = read_notebook("a.ipynb", text)
    edits, expected = [], copy.deepcopy(content)
    for cell in read.cells[1:]:
        changes = data.draw(changes_of(cell.source))
        edits += edits_in(cell.index, changes)
        expected["cells"][cell.index]["source"] = changed(cell.source, changes)
    if len({edit.span for edit in edits}) == len(edits):  # only insertions at one place have an order
        edits = data.draw(st.permutations(edits))
    new = apply_edits(read, edits)
    after = read_notebook("a.ipynb", new)
    assert [cell.source for cell in after.cells] == [join(cell["source"]) for cell in expected["cells"]]
    assert without_sources(after, new) == without_sources(read, text)
    for before, now in zip(content["cells"], json.loads(new)["cells"], strict=True):
        assert type(now["source"]) is type(before["source"])


@given(st.data(), notebooks(TEXT | TEXT.map(split)), STYLES)
def test_the_file_is_what_its_writer_would_write(data, content, style):
    """Where the writer keeps one line a string, the edited file is, byte for byte, the edited notebook written anew."""
    read = read_notebook("a.ipynb", dump(content, style))
    edits, expected = [], copy.deepcopy(content)
    for cell in read.cells[1:]:
        changes = data.draw(changes_of(cell.source))
        edits += edits_in(cell.index, changes)
        source = changed(cell.source, changes)
        as_list = isinstance(content["cells"][cell.index]["source"], list)
        expected["cells"][cell.index]["source"] = split(source) if as_list else source
    assert apply_edits(read, edits) == dump(expected, style)


@given(st.data(), st.lists(TEXT.map(lambda text: text.split("\n")), min_size=1, max_size=3))
def test_version_2_keeps_lines_without_their_ends(data, sources):
    cells = [{"cell_type": "code", "input": lines, "language": "python", "outputs": []} for lines in sources]
    content = {"metadata": {"habit": "\u00e9"}, "nbformat": 2, "worksheets": [{"cells": cells}]}
    read = read_notebook("a.ipynb", json.dumps(content, indent=1))
    assert [cell.source for cell in read.cells] == ["\n".join(lines) for lines in sources]
    edits = []
    for cell in read.cells:
        changes = data.draw(changes_of(cell.source))
        edits += edits_in(cell.index, changes)
        cells[cell.index]["input"] = changed(cell.source, changes).split("\n")
    assert apply_edits(read, edits) == json.dumps(content, indent=1)
    for offset, character in enumerate(read.cells[0].source):
        if character != "\n":  # which stands nowhere in the file
            one = Span(offset, offset + 1, 0)
            assert to_cell_span(read, to_file_span(read, one)) == one


@given(st.data())
def test_the_file_is_what_nbformat_would_write(data):
    plain = st.text('ab \n"\\\u00e9\U0001f600', max_size=20)
    made = nbformat.v4.new_notebook()
    for source in data.draw(st.lists(plain, min_size=1, max_size=3)):
        made.cells.append(nbformat.v4.new_code_cell(source))
    read = read_notebook("a.ipynb", nbformat.writes(made))
    edits = []
    for cell in read.cells:
        cuts = sorted(data.draw(st.lists(st.integers(0, len(cell.source)), min_size=2, max_size=2)))
        changes = [(*cuts, data.draw(plain))]
        edits += edits_in(cell.index, changes)
        made.cells[cell.index].source = changed(cell.source, changes)
    assert apply_edits(read, edits) == nbformat.writes(made)


@given(st.data(), notebooks(), STYLES)
def test_edits_stay_inside_what_they_touch(data, content, style):
    text = dump(content, style)
    read = read_notebook("a.ipynb", text)
    cell = data.draw(st.sampled_from(read.cells))
    changes = data.draw(changes_of(cell.source))
    for edit in to_file_edits(read, edits_in(cell.index, changes)):
        assert edit.span.cell is None
        assert cell.source_span.contains(edit.span)


@given(st.data(), notebooks(), STYLES)
def test_places_agree_in_both_directions(data, content, style):
    text = dump(content, style)
    read = read_notebook("a.ipynb", text)
    cell = data.draw(st.sampled_from([cell for cell in read.cells if cell.source] or [read.cells[0]]))
    start = data.draw(st.integers(0, len(cell.source) - 1))
    end = data.draw(st.integers(start + 1, len(cell.source)))
    span = Span(start, end, cell.index)
    place = to_file_span(read, span)
    assert cell.source_span.contains(place)
    assert to_cell_span(read, place) == span
    one = to_file_span(read, Span(start, start + 1, cell.index))
    assert json.loads(f'"{text[one.start : one.end]}"') == cell.source[start]


@given(st.data(), notebooks(), STYLES)
def test_edits_of_outputs(data, content, style):
    text = dump(content, style)
    read = read_notebook("a.ipynb", text)
    for cell in read.cells:
        for number, output in enumerate(cell.outputs):
            cuts = sorted(data.draw(st.lists(st.integers(0, len(output.text)), min_size=2, max_size=2)))
            replacement = data.draw(TEXT)
            edits = output_edits(read, output, *cuts, replacement)
            after = json.loads(apply_edits(read, edits))
            expected = changed(output.text, [(*cuts, replacement)])
            shown = list(after["cells"][cell.index]["outputs"])
            kept = [index for index, item in enumerate(content["cells"][cell.index]["outputs"]) if join(item["text"])]
            assert join(shown[kept[number]]["text"]) == expected
            shown[kept[number]]["text"] = content["cells"][cell.index]["outputs"][kept[number]]["text"]
            assert after == content


LISTED = """{
 "cells": [
  {
   "cell_type": "code",
   "source": [
    "import os\\n",
    "x = \\"a\\"\\n",
    "y"
   ]
  }
 ]
}"""


@pytest.mark.parametrize(
    ("start", "end", "replacement", "expected"),
    [
        # Inside a line: exactly these characters.
        (14, 17, "b", '    "import os\\n",\n    "x = b\\n",\n    "y"\n'),
        # A line before the others, between, and after.
        (0, 0, "a\n", '    "a\\n",\n    "import os\\n",\n    "x = \\"a\\"\\n",\n    "y"\n'),
        (10, 10, "b\n", '    "import os\\n",\n    "b\\n",\n    "x = \\"a\\"\\n",\n    "y"\n'),
        (19, 19, "\nz", '    "import os\\n",\n    "x = \\"a\\"\\n",\n    "y\\n",\n    "z"\n'),
        # Whole lines go with their entries.
        (0, 10, "", '    "x = \\"a\\"\\n",\n    "y"\n'),
        (10, 18, "", '    "import os\\n",\n    "y"\n'),
        (17, 19, "", '    "import os\\n",\n    "x = \\"a\\""\n'),
        (18, 19, "", '    "import os\\n",\n    "x = \\"a\\"\\n"\n'),
        # A lost line end joins two lines.
        (9, 10, "", '    "import osx = \\"a\\"\\n",\n    "y"\n'),
        (9, 10, "; ", '    "import os; x = \\"a\\"\\n",\n    "y"\n'),
        (7, 18, "z", '    "import zy"\n'),
    ],
)
def test_lists_stay_one_line_a_string(start, end, replacement, expected):
    read = read_notebook("a.ipynb", LISTED)
    before = '    "import os\\n",\n    "x = \\"a\\"\\n",\n    "y"\n'
    assert apply_edits(read, edits_in(0, [(start, end, replacement)])) == LISTED.replace(before, expected)


def test_deleting_everything_leaves_an_empty_list():
    read = read_notebook("a.ipynb", LISTED)
    new = apply_edits(read, edits_in(0, [(0, 19, "")]))
    assert new == '{\n "cells": [\n  {\n   "cell_type": "code",\n   "source": []\n  }\n ]\n}'
    again = read_notebook("a.ipynb", new)
    assert apply_edits(again, edits_in(0, [(0, 0, 'import os\nx = "a"\ny')])) == LISTED


def test_line_ends_of_the_file_are_kept():
    text = LISTED.replace("\n", "\r\n")
    read = read_notebook("a.ipynb", text)
    new = apply_edits(read, edits_in(0, [(10, 10, "b\n")]))
    assert new == text.replace('    "x =', '    "b\\n",\r\n    "x =')
    empty = read_notebook("a.ipynb", apply_edits(read, edits_in(0, [(0, 19, "")])))
    assert apply_edits(empty, edits_in(0, [(0, 0, read.cells[0].source)])) == text


def test_the_smallest_edit_is_reported():
    read = read_notebook("a.ipynb", LISTED)
    (edit,) = to_file_edits(read, edits_in(0, [(14, 17, "b")]))
    assert (LISTED[edit.span.start : edit.span.end], edit.replacement) == ('\\"a\\"', "b")
    (edit,) = to_file_edits(read, edits_in(0, [(10, 10, "b\n")]))
    assert edit.span.start == edit.span.end == LISTED.index('x = \\"')
    assert edit.replacement == 'b\\n",\n    "'


def test_raw_edits_and_cell_edits_go_together():
    read = read_notebook("a.ipynb", LISTED)
    place = LISTED.index("code")
    edits = [TextEdit(Span(18, 19, 0), "z"), TextEdit(Span(place, place + 4), "raw"), TextEdit(Span(0, 0), "\n")]
    assert apply_edits(read, edits) == "\n" + LISTED.replace("code", "raw").replace('"y"', '"z"')


def test_insertions_at_one_place_keep_their_order():
    read = read_notebook("a.ipynb", LISTED)
    assert '"abcy"' in apply_edits(read, edits_in(0, [(18, 18, "a"), (18, 18, "b"), (18, 18, "c")]))


@pytest.mark.parametrize(
    "edits",
    [
        edits_in(0, [(0, 5, "a"), (4, 6, "b")]),
        edits_in(0, [(19, 20, "")]),
        edits_in(1, [(0, 0, "a")]),
        [TextEdit(Span(0, len(LISTED) + 1), "")],
        [TextEdit(Span(20, 30), ""), TextEdit(Span(29, 31), "")],
        # A raw edit over the source, and one of the source.
        [TextEdit(Span(0, len(LISTED)), ""), *edits_in(0, [(0, 1, "")])],
    ],
)
def test_edits_that_contradict_are_refused(edits):
    with pytest.raises(ValueError, match=r"overlap|after the end|no cell"):
        apply_edits(read_notebook("a.ipynb", LISTED), edits)


def test_a_cell_without_a_source_has_no_place_for_one():
    read = read_notebook("a.ipynb", '{"cells": [{"cell_type": "code"}]}')
    with pytest.raises(ValueError, match="no text to edit"):
        apply_edits(read, edits_in(0, [(0, 0, "a")]))


def test_a_notebook_in_an_editor_has_no_file_to_edit():
    read = notebook_of_cells("a.ipynb", [EditorCell("x")])
    with pytest.raises(ValueError, match="no text of its own"):
        apply_edits(read, edits_in(0, [(0, 1, "a")]))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"a\\u00e9"', '"b\\u00fc\\ud83d\\ude00a\\u00e9"'),
        ('"a\u00e9"', '"b\u00fc\U0001f600a\u00e9"'),
        # No habit to be seen: as nbformat does.
        ('"a"', '"b\u00fc\U0001f600a"'),
        # Not an escape, but an escaped backslash.
        ('"\\\\u00e9"', '"b\u00fc\U0001f600\\\\u00e9"'),
        ('"\\u0007"', '"b\u00fc\U0001f600\\u0007"'),
    ],
)
def test_characters_beyond_ascii_are_written_as_the_file_writes_them(source, expected):
    text = '{"cells": [{"cell_type": "code", "source": SOURCE}]}'
    read = read_notebook("a.ipynb", text.replace("SOURCE", source))
    assert apply_edits(read, edits_in(0, [(0, 0, "b\u00fc\U0001f600")])) == text.replace("SOURCE", expected)


def test_the_habit_may_show_elsewhere_in_the_file():
    text = '{"cells": [{"cell_type": "code", "source": ["a"]}, {"cell_type": "raw", "source": "\\u00e9"}]}'
    read = read_notebook("a.ipynb", text)
    assert apply_edits(read, edits_in(0, [(0, 1, "\u00fc")])) == text.replace('"a"', '"\\u00fc"')


def test_half_characters_are_always_escaped():
    text = '{"cells": [{"cell_type": "code", "source": "\u00e9"}]}'
    read = read_notebook("a.ipynb", text)
    assert apply_edits(read, edits_in(0, [(0, 0, "\ud83d")])) == text.replace("\u00e9", "\\ud83d\u00e9")


OUTPUTS = """{"cells": [{"cell_type": "code", "execution_count": 3, "source": "x", "outputs": [
  {"output_type": "stream", "name": "stdout", "text": ["a\\n", "key=abc\\n"]},
  {"output_type": "display_data", "data": {"image/png": "iVBO", "text/plain": "<Figure>"}},
  {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["one abc", "v"]},
  {"output_type": "display_data", "data": {"application/json": {"key": "abc"}}}
 ]}, {"cell_type": "markdown", "source": "y"}]}"""


def test_clearing_outputs():
    read = read_notebook("a.ipynb", OUTPUTS)
    cleared = apply_edits(read, clear_outputs_edit(read, 0))
    head = '{"cells": [{"cell_type": "code", "execution_count": null, "source": "x", "outputs": []}, '
    assert cleared == head + '{"cell_type": "markdown", "source": "y"}]}'
    again = read_notebook("a.ipynb", cleared)
    assert clear_outputs_edit(again, 0) == ()
    assert clear_outputs_edit(read, 1) == ()
    with pytest.raises(ValueError, match="no cell 2"):
        clear_outputs_edit(read, 2)


def test_clearing_outputs_leaves_none_behind_a_repeated_key():
    text = '{"cells": [{"cell_type": "code", "outputs": [{"output_type": "stream", "text": "a"}], "outputs": [1]}]}'
    read = read_notebook("a.ipynb", text)
    assert apply_edits(read, clear_outputs_edit(read, 0)) == (
        '{"cells": [{"cell_type": "code", "outputs": [], "outputs": []}]}'
    )


def test_clearing_outputs_of_version_3():
    text = (
        '{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": "x", "prompt_number": 3,'
        ' "outputs": [{"output_type": "pyout", "text": "a"}]}]}]}'
    )
    read = read_notebook("a.ipynb", text)
    new = json.loads(apply_edits(read, clear_outputs_edit(read, 0)))
    assert new["worksheets"][0]["cells"] == [{"cell_type": "code", "input": "x", "prompt_number": None, "outputs": []}]


@pytest.mark.parametrize(
    ("number", "start", "end", "replacement", "old", "new"),
    [
        (0, 6, 9, "***", "key=abc", "key=***"),
        (0, 0, 2, "", '["a\\n", "key', '["key'),
        (1, 1, 7, "\u00e9", "<Figure>", "<\u00e9>"),
        (2, 4, 7, "***", "one abc", "one ***"),
        (2, 4, 9, "z", '"one abc", "v"', '"one z", ""'),
        (2, 7, 8, "", "one", "one"),
        (3, 9, 12, 'a"b', '"abc"', '"a\\"b"'),
    ],
)
def test_replacing_inside_an_output(number, start, end, replacement, old, new):
    read = read_notebook("a.ipynb", OUTPUTS)
    output = read.cells[0].outputs[number]
    edits = output_edits(read, output, start, end, replacement)
    assert all(output.span.contains(edit.span) for edit in edits)
    assert apply_edits(read, edits) == OUTPUTS.replace(old, new)


def test_a_range_outside_an_output_is_refused():
    read = read_notebook("a.ipynb", OUTPUTS)
    with pytest.raises(ValueError, match="after the end"):
        output_edits(read, read.cells[0].outputs[1], 0, 9, "")


def test_removing_outputs():
    read = read_notebook("a.ipynb", OUTPUTS)
    cell = read.cells[0]
    whole = json.loads(OUTPUTS)
    for number, output in enumerate(cell.outputs):
        new = json.loads(apply_edits(read, [remove_output_edit(read, cell, output)]))
        expected = copy.deepcopy(whole)
        del expected["cells"][0]["outputs"][number]
        assert new == expected
    with pytest.raises(ValueError, match="not one of the cell's"):
        remove_output_edit(read, read.cells[1], cell.outputs[0])
    single = read_notebook("a.ipynb", '{"cells": [{"outputs": [ {"output_type": "stream", "text": "a"} ]}]}')
    edit = remove_output_edit(single, single.cells[0], single.cells[0].outputs[0])
    assert apply_edits(single, [edit]) == '{"cells": [{"outputs": []}]}'


@pytest.mark.parametrize("every", [1, 2, 3])
@pytest.mark.parametrize("as_list", [True, False])
def test_many_edits(every, as_list):
    lines = [f"line {number}\n" for number in range(5000)]
    text = json.dumps({"cells": [{"cell_type": "code", "source": lines if as_list else "".join(lines)}]}, indent=1)
    read = read_notebook("a.ipynb", text)
    edits, offset, expected = [], 0, ""
    for number, line in enumerate(lines):
        if number % every == 0:  # the line loses its end
            edits += edits_in(0, [(offset, offset + 4, "word"), (offset + len(line) - 1, offset + len(line), "")])
            line = f"word {number}"
        expected += line
        offset += len(lines[number])
    new = json.loads(apply_edits(read, edits))["cells"][0]["source"]
    assert new == (split(expected) if as_list else expected)


def test_outputs_are_located():
    read = read_notebook("a.ipynb", OUTPUTS)
    for output in read.cells[0].outputs:
        if "abc" in output.text:
            start = output.text.index("abc")
            span = locate_output(read, output, start, start + 3)
            assert OUTPUTS[span.start : span.end] == "abc"
            assert output.span.contains(span)
