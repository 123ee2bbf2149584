"""TOML with places, compared with the standard library's reader."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlwarden.source.toml_places import MAX_DEPTH, Node, TomlError, parse_toml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {key: plain(value) for key, value in node.value.items()}
    if isinstance(node.value, list):
        return [plain(value) for value in node.value]
    return node.value


def expected(value: Any) -> Any:
    """What `plain` gives for the standard library's value: numbers and dates are not read."""
    if isinstance(value, dict):
        return {key: expected(item) for key, item in value.items()}
    if isinstance(value, list):
        return [expected(item) for item in value]
    return value if isinstance(value, (str, bool)) else None


TEXT = '''\
title = "TOML" # comment
"quoted key".'literal' = 'C:\\raw'
a.b . c = true
number = 1_000.5e3
when = 1979-05-27 07:32:00Z
list = [ "x", # why
  'y', ["z"], { k = "v", "w" = false }, ]
long = """
first
second \\
   joined \\u00e9 \\"\\"" ""
  """
raw = \'\'\'as \\n it is\'\'\'
[table]
x = ""
[table.inner]
y = "1"
[[array]]
n = "first"
[[array]]
n = "second"
[array.sub]
deep = "yes"
'''


def test_everything_at_once() -> None:
    assert plain(parse_toml(TEXT)) == expected(tomllib.loads(TEXT))
    crlf = TEXT.replace("\n", "\r\n")
    assert plain(parse_toml(crlf)) == expected(tomllib.loads(TEXT)) | {"long": 'first\r\nsecond joined é """ ""\r\n  '}


def test_places() -> None:
    root = parse_toml(TEXT)

    def at(*keys: str) -> tuple[str, str, str | None]:
        node = root.get(*keys)
        assert node is not None
        inner = None if node.inner is None else TEXT[node.inner : node.inner + len(node.text())]
        return (
            TEXT[node.key_span.start : node.key_span.end],
            TEXT[node.span.start : node.span.end],
            inner,
        )

    assert at("title") == ("title", '"TOML"', "TOML")
    assert at("quoted key", "literal") == ("'literal'", "'C:\\raw'", "C:\\raw")
    assert at("a", "b", "c") == ("c", "true", None)
    assert at("when") == ("when", "1979-05-27 07:32:00Z", None)
    assert at("table") == ("table", "[table]", None)
    assert at("table", "inner") == ("inner", "[table.inner]", None)
    assert at("raw") == ("raw", "'''as \\n it is'''", "as \\n it is")
    long = root.get("long")
    assert long is not None
    assert long.inner is None
    array = root.get("array")
    assert array is not None
    assert [TEXT[element.span.start : element.span.end] for element in array.elements()] == ["[[array]]"] * 2


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("a", "expected '=' (line 1)", 1),
        ("\na = ", "expected a value (line 2)", 5),
        ("a = b", "expected a value: strings stand in quotes (line 1)", 4),
        ('a = "x\n', "expected a closing quote for this string (line 1)", 4),
        ('a = """x', "expected three closing quotes for this string (line 1)", 4),
        ('a = "\\q"', "not an escape sequence (line 1)", 5),
        ('a = "\\ud800"', "not a character's number (line 1)", 5),
        ("[a", "expected ']' (line 1)", 2),
        ("[[a]\n", "expected ']]' (line 1)", 3),
        ("a = [1 2]", "expected ',' or ']' (line 1)", 7),
        ("a = {b = 1", "expected ',' or '}' (line 1)", 10),
        ("a = 1 b = 2", "expected the end of the line (line 1)", 6),
        ("= 1", "expected a key (line 1)", 0),
        ("a = " + "[" * 100, f"nested deeper than {MAX_DEPTH} levels (line 1)", 4 + MAX_DEPTH),
        (".".join("a" * 100) + " = 1", f"nested deeper than {MAX_DEPTH} levels (line 1)", 2 * MAX_DEPTH - 1),
    ],
)
def test_what_is_not_toml(text: str, message: str, offset: int) -> None:
    with pytest.raises(TomlError) as caught:
        parse_toml(text)
    assert (str(caught.value), caught.value.offset) == (message, offset)


def test_real_files() -> None:
    files = [Path(__file__).parents[3] / "pyproject.toml"]
    for file in files:
        text = file.read_text("utf-8")
        assert plain(parse_toml(text)) == expected(tomllib.loads(text))


KEYS = st.one_of(st.text("ab-_1", min_size=1, max_size=3), st.text(max_size=4))
STRINGS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
VALUES = st.recursive(
    st.one_of(STRINGS, st.booleans(), st.integers(0, 99)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)


def written(value: Any, draw: st.DrawFn) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        if not any(c in "'\r" or (ord(c) < 32 and c != "\t") or c == "\x7f" for c in value) and draw(st.booleans()):
            return f"'{value}'"
        escaped = "".join(f"\\U{ord(c):08x}" if c in '"\\\x7f' or ord(c) < 32 else c for c in value)
        return draw(st.sampled_from(['"{}"', '"""{}"""', '"""\n{}"""', '"""\\\n   {}"""'])).format(escaped)
    if isinstance(value, list):
        return draw(st.sampled_from(["[{}]", "[\n  {} ]", "[ {} # no\n]"])).format(
            ", ".join(written(v, draw) for v in value)
        )
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)} = {written(v, draw)}" for k, v in value.items()) + "}"
    return str(value)


def quoted(key: str) -> str:
    return '"' + "".join(f"\\U{ord(c):08x}" if c in '"\\\x7f' or ord(c) < 32 else c for c in key) + '"'


@st.composite
def documents(draw: st.DrawFn) -> str:
    lines = []
    for name, table in draw(
        st.dictionaries(st.sampled_from(["", "t", "u.v", "w"]), st.dictionaries(KEYS, VALUES, max_size=3))
    ).items():
        if name:
            lines.append(f"[{name}]")
        else:
            lines.insert(0, "\n".join(f"{quoted(k)} = {written(v, draw)}" for k, v in table.items()))
            continue
        lines += [f"{quoted(k)} = {written(v, draw)} # c" for k, v in table.items()]
    return "\n".join(lines)


@given(documents())
def test_the_standard_library_reads_the_same(text: str) -> None:
    try:
        wanted = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # e.g. a table that is also a key
    assert plain(parse_toml(text)) == expected(wanted)


@given(st.text(st.sampled_from("ab=.[]{}\"'\\\n\r#, \t1\x00"), max_size=40))
@example('a = """\\')
@example("a = [#")
def test_any_text_is_read_or_refused(text: str) -> None:
    offset = 0
    try:
        parse_toml(text)
    except TomlError as error:
        offset = error.offset
    assert 0 <= offset <= len(text)
