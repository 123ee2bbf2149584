"""What each suppression covers, in documents of all kinds."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.model.findings import Finding
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import Suppression
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Cell, Magic, Notebook
from mlwarden.policy.directives import Problem
from mlwarden.policy.suppressions import Suppressions, parse
from mlwarden.source.documents import DependencyFile, Document, ModelFile, PlainText, PythonModule

KNOWN = frozenset({"MLW001", "MLW101", "MLW102", "MLW203", "MLW301", "B101", "B301"})


def _finding(span: Span, code: str = "MLW101") -> Finding:
    return Finding(code, span, "A message.", Severity.HIGH, Confidence.HIGH)


def _covering(document: Document, finding: Finding) -> list[str]:
    """The text of the suppressions that cover the finding (their codes, for tags), the nearest first."""
    suppressions = parse(document, KNOWN)
    return [_shown(document, suppressions.written[number]) for number, _ in suppressions.covering(finding)]


def _shown(document: Document, suppression: Suppression) -> str:
    span = suppression.span
    if suppression.origin == "tag":
        return f"tag {','.join(suppression.codes)}"
    text = document.text
    if span.cell is not None:
        assert isinstance(document, Notebook)
        text = document.cells[span.cell].source
    return text[span.start : span.end]


@dataclass(frozen=True)
class _Marked:
    """A text with the finding's place marked by guillemets."""

    text: str

    @property
    def plain(self) -> str:
        return self.text.replace("«", "").replace("»", "")

    @property
    def span(self) -> Span:
        start = self.text.index("«")
        return Span(start, self.text.index("»") - 1)


def _python(marked: str, code: str = "MLW101") -> list[str]:
    text = _Marked(marked)
    return _covering(PythonModule("a.py", text.plain), _finding(text.span, code))


# --- lines -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "marked",
    [
        "«load(p)»  # noqa: MLW101\n",
        "«load(\n  p,\n)»  # noqa: MLW101\n",
        "«load(  # noqa: MLW101\n  p,\n)»\n",
        "«load(\n  p,  # noqa: MLW101\n)»\n",
        "«load(\n  # noqa: MLW101\n  p,\n)»\n",
        "f(\n  «load(p)»,  # noqa: MLW101\n)\n",
        "x = '''\n«secret»\n'''  # noqa: MLW101\n",
        "x = '''«secret»\n'''  # noqa: MLW101\n",
        "x = 1 + \\\n  «load(p)» + \\\n  2  # noqa: MLW101\n",
        "x = '''\n''' + \\\n «y» + '''\n'''  # noqa: MLW101\n",
        "«»x  # noqa: MLW101\n",
        "x  # noqa: MLW101«»",
        "«load(p)  # noqa: MLW101\n»y\n",
    ],
)
def test_a_comment_covers_what_touches_its_line(marked: str) -> None:
    assert _python(marked) == ["# noqa: MLW101"]


@pytest.mark.parametrize(
    "marked",
    [
        "x  # noqa: MLW101\n«load(p)»\n",
        "«load(p)»\nx  # noqa: MLW101\n",
        "f(\n  «load(p)»,\n)  # noqa: MLW101\n",
        "f(  # noqa: MLW101\n  «load(p)»,\n)\n",
        "# noqa: MLW101\n«load(p)»\n",
        "«load('# noqa: MLW101')»\n",
        "«load(p)\n»x  # noqa: MLW101\n",
        "'''\n# noqa: MLW101\n«load(p)»'''\n",
        "«load(p)»  # noqa: MLW102\n",
        "«load(p)»  # nosec\n",
        "«load(p)»  # nosec B301\n",
    ],
)
def test_a_comment_elsewhere_covers_nothing(marked: str) -> None:
    assert _python(marked) == []


@pytest.mark.parametrize(
    "marked",
    [
        "# mlwarden: ignore[MLW101]\n«load(p)»\n",
        "# mlwarden: ignore[MLW101]\n«load(\n  p,\n)»\n",
        "f(\n    # mlwarden: ignore[MLW101]\n    «load(p)»,\n)\n",
        "# mlwarden: ignore[MLW101]\n# why\n#\n«load(p)»\n",
        "# mlwarden: ignore[MLW101]\nx = '''\n«secret»'''\n",
        "# mlwarden: ignore[MLW101]\r«load(p)»\r",
        "«load(p)»  # mlwarden: ignore[MLW101]\n",
    ],
)
def test_ignore_alone_on_its_line_covers_the_next_line_too(marked: str) -> None:
    assert _python(marked) == ["# mlwarden: ignore[MLW101]"]


@pytest.mark.parametrize(
    "marked",
    [
        "# mlwarden: ignore[MLW101]\n\n«load(p)»\n",
        "# mlwarden: ignore[MLW101]\nx\n«load(p)»\n",
        "x  # mlwarden: ignore[MLW101]\n«load(p)»\n",
        "f(\n  # mlwarden: ignore[MLW101]\n  1,\n  «load(p)»)\n",
        "«load(p)»\n# mlwarden: ignore[MLW101]\n",
    ],
)
def test_ignore_alone_on_its_line_covers_no_further_lines(marked: str) -> None:
    assert _python(marked) == []


def test_two_ignores_above_one_line() -> None:
    text = "# mlwarden: ignore[MLW101] a\n# mlwarden: ignore[MLW102] b  # noqa\nload(p)\n"
    document = PythonModule("a.py", text)
    place = Span(text.index("load"), len(text) - 1)
    assert _covering(document, _finding(place, "MLW101")) == ["# mlwarden: ignore[MLW101] a"]
    # The noqa behind the second counts for its own line only.
    assert _covering(document, _finding(place, "MLW102")) == ["# mlwarden: ignore[MLW102] b"]
    assert _covering(document, _finding(place, "MLW203")) == []


@pytest.mark.parametrize(
    ("comment", "covered"),
    [
        ("# noqa", {"MLW101", "MLW203", "B301"}),
        ("# mlwarden: ignore", {"MLW101", "MLW203", "B301"}),
        ("# noqa: MLW1", {"MLW101"}),
        ("# mlwarden: ignore[MLW]", {"MLW101", "MLW203"}),
        ("# mlwarden: ignore[MLW1, B]", {"MLW101", "B301"}),
        ("# nosec", {"B301"}),
        ("# nosec B301", {"B301"}),
        ("# nosec B101", set()),
        ("# noqa: E501", set()),
        ("# nosec B101 # noqa: MLW203", {"MLW203"}),
        ("# noqa: MLW203 # noqa: MLW101", {"MLW101", "MLW203"}),
    ],
)
def test_which_codes_a_comment_covers(comment: str, covered: set[str]) -> None:
    codes = ["MLW101", "MLW203", "B301"]
    assert {code for code in codes if _python(f"«load(p)»  {comment}\n", code)} == covered


def test_the_nearest_suppression_comes_first_and_a_repeated_one_counts_once() -> None:
    text = "# mlwarden: ignore-file[MLW101]\nload(p)  # noqa: MLW101 # mlwarden: ignore[MLW101] # noqa\n"
    assert _covering(PythonModule("a.py", text), _finding(Span(32, 39))) == [
        "# noqa: MLW101",
        "# noqa",
        "# mlwarden: ignore-file[MLW101]",
    ]


# --- files -------------------------------------------------------------------------------------------------------


def test_ignore_file() -> None:
    text = "import x\n\n# mlwarden: ignore-file[MLW101] generated\n"
    document = PythonModule("a.py", text)
    assert _covering(document, _finding(Span(0, 8))) == ["# mlwarden: ignore-file[MLW101] generated"]
    assert _covering(document, _finding(Span(0, 8), "MLW203")) == []


def test_wide_suppressions_in_the_wrong_place() -> None:
    text = "x  # mlwarden: ignore-file[MLW101]\n# mlwarden: ignore-cell[MLW101]\n"
    suppressions = parse(PythonModule("a.py", text), KNOWN)
    assert suppressions.problems == [
        Problem(Span(3, 34), "A suppression of a whole file or cell must stand alone on its line"),
        Problem(Span(35, 66), "`ignore-cell` means something in a notebook only"),
    ]
    assert suppressions.covering(_finding(Span(0, 1))) == []


def test_problems_suggest_the_right_spelling() -> None:
    suppressions = parse(PythonModule("a.py", "x  # mlwarden: ignore[MLW1O1]\n"), KNOWN)
    expected = "Unknown code 'MLW1O1' in a suppression (did you mean 'MLW101'?)"
    assert suppressions.problems == [Problem(Span(22, 28), expected, "MLW1O1")]


def test_problems_are_bounded() -> None:
    codes = ",".join(f"MLW9{number:05}" for number in range(100_000))
    assert len(parse(PythonModule("a.py", f"# mlwarden: ignore[{codes}]\n"), KNOWN).problems) == 100


@pytest.mark.parametrize(
    "text", ["x = (  # noqa\n", "  x # noqa\n y\n", "x = $ # noqa\n", "x = 'a # noqa\ny # noqa", "def f(:\n  x # noqa"]
)
def test_broken_python_keeps_its_comments(text: str) -> None:
    place = text.rindex("# noqa")
    assert _covering(PythonModule("a.py", text), _finding(Span(place, place + 1))) == ["# noqa"]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("conf.yaml", "token: abc  # noqa: MLW101"),
        ("conf.toml", "token = 'abc'  # noqa: MLW101"),
        ("setup.cfg", "token = abc  # noqa: MLW101"),
        ("run.sh", "export TOKEN=abc  # noqa: MLW101"),
        (".env", "TOKEN=abc # noqa: MLW101"),
        ("Dockerfile", "ENV TOKEN=abc  # noqa: MLW101"),
    ],
)
def test_text_files_with_hash_comments(path: str, line: str) -> None:
    assert _covering(PlainText(path, line + "\n"), _finding(Span(2, 5))) == ["# noqa: MLW101"]


def test_a_dependency_file() -> None:
    text = "# mlwarden: ignore[MLW101] pinned by the image\ntorch\nnumpy\n"
    document = DependencyFile("requirements.txt", text)
    assert _covering(document, _finding(Span(47, 52))) == ["# mlwarden: ignore[MLW101] pinned by the image"]
    assert _covering(document, _finding(Span(53, 58))) == []


def test_a_dependency_file_in_python() -> None:
    text = "setup(\n    install_requires='''\n  torch # noqa: MLW101\n''')\n"
    assert _covering(DependencyFile("setup.py", text), _finding(Span(35, 40))) == []


@pytest.mark.parametrize("path", ["a.md", "docs/A.MD", "a.html"])
def test_markdown_and_html(path: str) -> None:
    text = "token abc <!-- mlwarden: ignore[MLW101] sample -->\n<!-- mlwarden: ignore[MLW1] -->\ntoken abc\n# noqa\n"
    document = PlainText(path, text)
    assert _covering(document, _finding(Span(6, 9))) == ["<!-- mlwarden: ignore[MLW101] sample -->"]
    assert _covering(document, _finding(Span(83, 89))) == ["<!-- mlwarden: ignore[MLW1] -->"]
    assert _covering(document, _finding(Span(95, 99))) == []


def test_json_and_model_files_have_no_comments() -> None:
    text = '{"a": 1}  # noqa\n// # noqa\n'
    assert parse(PlainText("a.json", text), KNOWN) == Suppressions()
    assert parse(ModelFile("a.pkl", b"# noqa"), KNOWN) == Suppressions()


# --- notebooks ---------------------------------------------------------------------------------------------------


def _notebook(*cells: Cell, text: str = "") -> Notebook:
    return Notebook("a.ipynb", text, cells)


def _code(index: int, source: str, python: str | None = None, **more: object) -> Cell:
    return Cell(index, "", "code", source, source if python is None else python, **more)  # type: ignore[arg-type]


def test_comments_in_cells_cover_lines_of_their_own_cell() -> None:
    notebook = _notebook(_code(0, "load(p)\n"), _code(1, "load(p)  # noqa: MLW101\n"))
    assert _covering(notebook, _finding(Span(0, 7, 0))) == []
    assert _covering(notebook, _finding(Span(0, 7, 1))) == ["# noqa: MLW101"]


def test_comments_behind_magics() -> None:
    source = "!pip install x  # noqa: MLW101\n%pip install y\n"
    python = "pass".ljust(30) + "\n" + "pass".ljust(14) + "\n"
    magics = (
        Magic("shell", "!", "pip install x  # noqa: MLW101", "", Span(0, 30), Span(1, 30)),
        Magic("line", "pip", "install y", "", Span(31, 45), Span(36, 45)),
    )
    notebook = _notebook(_code(0, source, python, magics=magics))
    assert _covering(notebook, _finding(Span(1, 13, 0))) == ["# noqa: MLW101"]
    assert _covering(notebook, _finding(Span(31, 45, 0))) == []


def test_a_cell_in_another_language() -> None:
    notebook = _notebook(_code(0, "%%bash\ncurl x | sh  # noqa: MLW101\n", ""))
    assert _covering(notebook, _finding(Span(7, 18, 0))) == ["# noqa: MLW101"]


def test_a_markdown_cell() -> None:
    notebook = _notebook(Cell(0, "", "markdown", "token <!-- mlwarden: ignore[MLW101] -->\n# noqa", ""))
    assert _covering(notebook, _finding(Span(0, 5, 0))) == ["<!-- mlwarden: ignore[MLW101] -->"]
    assert _covering(notebook, _finding(Span(40, 46, 0))) == []


TEXT = "x" * 100


def test_ignore_cell_covers_the_source_and_the_outputs() -> None:
    comment = "# mlwarden: ignore-cell[MLW1] demo"
    notebook = _notebook(
        _code(0, "load(p)", span=Span(5, 20)),
        _code(1, f"%%time\n\n{comment}\nload(p)\n", f"      \n\n{comment}\nload(p)\n", span=Span(20, 60)),
        _code(2, "load(p)", span=Span(62, 80)),
        text=TEXT,
    )
    for span in (Span(0, 1, 1), Span(50, 51, 1), Span(20, 21), Span(59, 60)):
        assert _covering(notebook, _finding(span)) == [comment]
    for span in (Span(0, 1, 0), Span(0, 1, 2), Span(19, 20), Span(60, 61), Span(62, 63), Span(0, 1), Span(99, 100)):
        assert _covering(notebook, _finding(span)) == []
    assert _covering(notebook, _finding(Span(0, 1, 1), "MLW203")) == []


def test_ignore_cell_further_down_is_a_problem() -> None:
    suppressions = parse(_notebook(_code(0, "x\n# mlwarden: ignore-cell[MLW1]\n")), KNOWN)
    assert suppressions.problems == [Problem(Span(2, 31, 0), "`ignore-cell` must stand on the first line of its cell")]
    assert suppressions.written == []


def test_ignore_file_in_a_cell_covers_the_notebook() -> None:
    comment = "# mlwarden: ignore-file[MLW1]"
    notebook = _notebook(_code(0, "load(p)", span=Span(5, 20)), _code(1, comment, span=Span(20, 60)), text=TEXT)
    assert [_covering(notebook, _finding(span)) for span in (Span(0, 1, 0), Span(90, 91))] == [[comment], [comment]]


@pytest.mark.parametrize(
    ("tag", "covered"),
    [
        ("mlwarden-ignore", {"MLW101", "MLW203", "B301"}),
        ("noqa", {"MLW101", "MLW203", "B301"}),
        ("mlwarden-ignore-MLW101", {"MLW101"}),
        ("mlwarden-ignore-mlw2", {"MLW203"}),
        ("mlwarden-ignore-B", {"B301"}),
        ("other", set()),
    ],
)
def test_cell_tags(tag: str, covered: set[str]) -> None:
    notebook = _notebook(_code(0, "load(p)", tags=(tag,), span=Span(5, 20)), text=TEXT)
    for span in (Span(0, 7, 0), Span(15, 16)):
        assert {code for code in ("MLW101", "MLW203", "B301") if _covering(notebook, _finding(span, code))} == covered


def test_tags_of_a_notebook_in_an_editor() -> None:
    notebook = _notebook(_code(0, "load(p)", tags=("mlwarden-ignore-MLW101",)))
    suppressions = parse(notebook, KNOWN)
    assert suppressions.written == [Suppression(Span(0, 7, 0), ("MLW101",), "", "tag")]
    assert _covering(notebook, _finding(Span(0, 7, 0))) == ["tag MLW101"]
    assert _covering(notebook, _finding(Span(0, 0))) == []


def test_a_tag_with_an_unknown_code() -> None:
    suppressions = parse(_notebook(_code(0, "x", tags=("mlwarden-ignore-MLW1O1",), span=Span(5, 9)), text=TEXT), KNOWN)
    expected = "Unknown code 'MLW1O1' in a cell tag (did you mean 'MLW101'?)"
    assert suppressions.problems == [Problem(Span(5, 9), expected, "MLW1O1")]


# --- properties --------------------------------------------------------------------------------------------------

_FRAGMENTS = st.sampled_from(
    ["# noqa", "# nosec", "# mlwarden: ignore", "[MLW101]", "-file[MLW1]", "-cell[B]", ": MLW101", "%%time\n", "("]
)
_MARKS = st.sampled_from(["\n", "\r\n", "'''", '"', "\\", " ", "x", "<!-- mlwarden: ignore[MLW2] -->"])
_TEXTS = st.lists(_FRAGMENTS | _MARKS | st.text(max_size=3), max_size=16).map("".join)
_PATHS = st.sampled_from(["a.yaml", "a.md", "a.json", "a.py", "a"])


@given(_TEXTS, _PATHS, st.data())
def test_any_text_is_read_and_any_finding_judged(text: str, path: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    cell = _code(0, text, span=Span(0, len(text)))
    markdown = Cell(1, "", "markdown", text, "", tags=(text,), span=Span(len(text), len(text)))
    documents: list[tuple[Document, int | None]] = [
        (PythonModule(path, text), None),
        (PlainText(path, text), None),
        (DependencyFile(path, text), None),
        (_notebook(cell, markdown, text=text), None),
        (_notebook(cell, markdown, text=text), 0),
        (_notebook(cell, markdown), 1),
    ]
    for document, index in documents:
        suppressions = parse(document, KNOWN)
        for number, code in suppressions.covering(_finding(Span(start, end, index))):
            assert "MLW101".startswith(code)
            assert 0 <= number < len(suppressions.written)


@given(_TEXTS, st.integers(0, 4))
def test_blank_lines_above_change_nothing_but_the_places(text: str, blank: int) -> None:
    before = parse(PythonModule("a.py", text), KNOWN)
    after = parse(PythonModule("a.py", "\n" * blank + text), KNOWN)
    assert [item.span.shifted(blank) for item in before.written] == [item.span for item in after.written]
    assert [problem.message for problem in before.problems] == [problem.message for problem in after.problems]
    for start in range(len(text)):
        assert before.covering(_finding(Span(start, start))) == after.covering(
            _finding(Span(start + blank, start + blank))
        )
