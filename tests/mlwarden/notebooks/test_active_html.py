"""What counts as active content in a saved output, and what is a library's drawing."""

from __future__ import annotations

import pytest

from mlwarden.notebooks import active_html
from mlwarden.notebooks.active_html import MAX_HAND_WRITTEN, Kind, active_parts


def _found(text: str, mime: str = "text/html") -> list[tuple[Kind, str, str]]:
    return [(part.kind, part.what, text[part.start : part.end]) for part in active_parts(mime, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>on = 1; <b>javascript: is fine</b></p>", []),
        ('<script type="application/json">{"a": 1}</script>', []),
        ("<SCRIPT>go()</SCRIPT>", [(Kind.SCRIPT, "runs JavaScript", "<SCRIPT>")]),
        ("<img src=x ONERROR=go()>", [(Kind.SCRIPT, "runs JavaScript by `onerror`", "ONERROR")]),
        ('<a title="once = 1" href="https://x.org/?onload=1">x</a>', []),
        ('<a href=" JavaScript:go()">x</a>', [(Kind.SCRIPT, "holds a `javascript:` link", "JavaScript")]),
        ('<a href="javascript:void(0)">x</a>', []),
        ('<iframe src="https://www.youtube.com/embed/1"></iframe>', []),
        (
            '<iframe src="data:text/html;base64,AA=="></iframe>',
            [(Kind.SCRIPT, "holds a page in a frame", '<iframe src="data:text/html;base64,AA==">')],
        ),
        (
            '<script src="//cdn.example/a.js"></script><script>Plotly.newPlot("a")</script>',
            [(Kind.FOREIGN, "loads a script from cdn.example", '<script src="//cdn.example/a.js">')],
        ),
        ('<script src="https://cdn.jsdelivr.net/npm/vega"></script><script>vegaEmbed("#a", {})</script>', []),
        ('<button data-commandlinker-commands="x">b</button>', []),
    ],
)
def test_html(text: str, expected: list[tuple[Kind, str, str]]) -> None:
    assert _found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("eval(atob('YQ=='))", (Kind.REACHING, "runs code that it hides in a string", "eval(atob")),
        ("fetch('/api/contents')", (Kind.REACHING, "talks to the Jupyter server", "/api/contents")),
        ("a = document.cookie", (Kind.REACHING, "reads the page's cookies", "document.cookie")),
    ],
)
def test_javascript_that_reaches_further(text: str, expected: tuple[Kind, str, str]) -> None:
    found = _found(text, "application/javascript")
    assert (*found[0][:2], found[0][2].lstrip("'")) == expected
    assert found[1][0] is Kind.SCRIPT


def test_a_bundled_library_is_not_read_for_words() -> None:
    text = "window.MathJax = {};" + "document.cookie;fetch('/api/contents');" * (MAX_HAND_WRITTEN // 20)
    assert _found(text, "application/javascript") == []


def test_other_formats_hold_none() -> None:
    assert _found("<script>go()</script>", "text/plain") == []


@pytest.mark.parametrize("unit", ["<a ", "<script ", "<a onx", "<iframe src=", "<a href=javascript", "eval ("])
def test_hostile_text_is_read_to_its_end(unit: str) -> None:
    assert isinstance(_found(unit * 20_000), list)


@pytest.mark.parametrize(
    "piece", [*active_html._LIBRARY_PIECES, "Bokeh", "selectVizType_a", "_tp_x_output", "_tp_x_ind"]
)
def test_drawings_of_libraries_are_left_out(piece: str) -> None:
    assert not _found(f"<div {piece}></div><script>go()</script>")
    assert not _found(f"/* {piece} */ go()", "text/javascript")


@pytest.mark.parametrize("text", ["<\u017fcript>go()</script>", '<a href="javascr\u0131pt:go()">x</a>'])
def test_foreign_letters_that_count_as_ours(text: str) -> None:
    assert len(_found(text)) == 1
