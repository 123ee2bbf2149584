"""Bytes to text and back."""

from __future__ import annotations

import codecs
import encodings.aliases
import io
import tokenize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlwarden.source.decoding import Decoded, EncodeError, decode_python, decode_text, encode, is_binary
from mlwarden.source.problems import Problem

BOM = codecs.BOM_UTF8
PRINTABLE = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", Decoded("", "utf-8")),
        (b"a = 1\r\nb = 2\rc\n", Decoded("a = 1\r\nb = 2\rc\n", "utf-8")),
        (BOM + b"x\n", Decoded("x\n", "utf-8", BOM)),
        (BOM + b"# coding: utf8\n", Decoded("# coding: utf8\n", "utf-8", BOM)),
        (b"# -*- coding: latin-1 -*-\ns = '\xe9'\n", Decoded("# -*- coding: latin-1 -*-\ns = 'é'\n", "iso8859-1")),
        (b"# vim: set fileencoding=cp1252 :\n'\x80'\n", Decoded("# vim: set fileencoding=cp1252 :\n'€'\n", "cp1252")),
        (
            b"#!/usr/bin/python\r# coding: latin-1-unix\r'\xe9'",
            Decoded("#!/usr/bin/python\r# coding: latin-1-unix\r'é'", "iso8859-1"),
        ),
        (b"\x0c\n \t# coding=koi8-r\n'\xc1'", Decoded("\x0c\n \t# coding=koi8-r\n'а'", "koi8-r")),
        ("# coding: utf_8\n'\u2028é😀'".encode(), Decoded("# coding: utf_8\n'\u2028é😀'", "utf-8")),
    ],
)
def test_python_is_decoded_as_declared(content: bytes, expected: Decoded) -> None:
    assert decode_python(content) == expected
    assert encode(expected.text, expected) == content


def test_the_second_line_declares_nothing_after_code() -> None:
    assert decode_python(b"import os\n# coding: latin-1\n'\xe9'\n").problem == Problem(
        "MLW002", "not valid UTF-8: byte 0xe9 at offset 29 (line 3)", 29
    )


@pytest.mark.parametrize(
    ("content", "text", "message", "offset"),
    [
        ("é\r\n'".encode() + b"\xff'", "é\r\n'\ufffd'", "not valid UTF-8: byte 0xff at offset 5 (line 2)", 4),
        (BOM + b"\xc3", "\ufffd", "not valid UTF-8: byte 0xc3 at offset 3 (line 1)", 0),
        (b"# coding: ascii\n\xe9", "# coding: ascii\n\ufffd", "not valid ASCII: byte 0xe9 at offset 16 (line 2)", 16),
        (b"# coding: klingon\n\xe9", "# coding: klingon\n\ufffd", "the declared encoding 'klingon' is not known", 10),
        (b"# coding: rot13\n", "# coding: rot13\n", "the declared encoding 'rot13' is not known", 10),
        (b"# coding: undefined\n", "# coding: undefined\n", "the declared encoding 'undefined' is not known", 10),
        (b"# coding: idna\n", "# coding: idna\n", "the declared encoding 'idna' is not supported", 10),
        (
            BOM + b"# coding: latin-1\n",
            "# coding: latin-1\n",
            "the declared encoding 'latin-1' contradicts the UTF-8 byte-order mark",
            10,
        ),
        (b"a\r\nb\0", "a\r\nb\0", "not text: a NUL character at character 5 (line 2)", 4),
    ],
)
def test_python_that_cannot_be_decoded(content: bytes, text: str, message: str, offset: int) -> None:
    decoded = decode_python(content)
    assert (decoded.text, decoded.problem) == (text, Problem("MLW002", message, offset))


def test_a_declared_utf7_hides_code_from_no_rule_and_is_never_written_back() -> None:
    content = b"# coding: utf-7\n# +AAo-import os\n"
    decoded = decode_python(content)
    assert (decoded.text, decoded.exact) == ("# coding: utf-7\n# \nimport os\n", False)
    with pytest.raises(EncodeError, match="text in utf-7 cannot be written back byte for byte"):
        encode(decoded.text, decoded)


def test_half_a_surrogate_pair_is_no_text() -> None:
    decoded = decode_python(b"# coding: unicode_escape\nx = '\\ud800'\n")
    assert decoded.text == "# coding: unicode_escape\nx = '?'\n"
    assert decoded.problem == Problem(
        "MLW002", "not valid unicode-escape: it decodes to half of a surrogate pair (line 2)", 30
    )


def test_a_character_that_the_encoding_lacks() -> None:
    decoded = decode_python(b"# coding: latin-1\n")
    with pytest.raises(EncodeError, match=r"the encoding iso8859-1 has no character '\\u20ac'"):
        encode(decoded.text + "'€'", decoded)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", Decoded("", "utf-8")),
        (BOM + "é".encode(), Decoded("é", "utf-8", BOM)),
        (codecs.BOM_UTF16_LE + "é\r\n".encode("utf-16-le"), Decoded("é\r\n", "utf-16-le", codecs.BOM_UTF16_LE)),
        (codecs.BOM_UTF16_BE + "😀".encode("utf-16-be"), Decoded("😀", "utf-16-be", codecs.BOM_UTF16_BE)),
        (codecs.BOM_UTF32_LE + "é".encode("utf-32-le"), Decoded("é", "utf-32-le", codecs.BOM_UTF32_LE)),
        (b"caf\xe9 \x80", Decoded("café \x80", "iso8859-1", guessed=True)),
    ],
)
def test_other_text(content: bytes, expected: Decoded) -> None:
    assert decode_text(content) == expected
    assert encode(expected.text, expected) == content


def test_binary_data_is_no_text() -> None:
    assert decode_text(b"ab\n\0\xff").problem == Problem(
        "MLW002", "not text: a NUL character at character 4 (line 2)", 3
    )
    assert decode_text(codecs.BOM_UTF16_LE + b"abc").problem == Problem(
        "MLW002", "not valid UTF-16-LE: byte 0x63 at offset 4 (line 1)", 1
    )
    assert [
        is_binary(head) for head in (b"abc", b"a\0", codecs.BOM_UTF16_LE + b"a\0", codecs.BOM_UTF32_BE + b"\0")
    ] == [
        False,
        True,
        False,
        False,
    ]


@given(st.binary())
@example(BOM + b"# coding: latin-1\n\xff")
@example(b"# coding: utf-16\nabc")
@example(b"\xff\xfe\0")
def test_what_was_decoded_is_encoded_to_the_same_bytes(content: bytes) -> None:
    for decoded in (decode_python(content), decode_text(content)):
        decoded.text.encode("utf-8")
        assert decoded.problem is None or 0 <= decoded.problem.offset <= len(decoded.text)
        if decoded.exact:
            assert encode(decoded.text, decoded) == content


@given(PRINTABLE, st.sampled_from(["utf-8", "latin-1", "cp1252", "gb18030", "shift_jis", "utf-7", "koi8-r"]))
def test_the_interpreter_agrees(text: str, encoding: str) -> None:
    content = f"# coding: {encoding}\n{text}".encode(encoding, "replace")
    expected = io.TextIOWrapper(
        io.BytesIO(content), tokenize.detect_encoding(io.BytesIO(content).readline)[0], newline=""
    ).read()
    decoded = decode_python(content)
    if decoded.problem is None:
        assert decoded.text == expected
    else:
        assert "\0" in expected


@pytest.mark.parametrize(
    "name", sorted({*encodings.aliases.aliases.values(), "utf_8_sig", "unicode_escape", "x" * 300})
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_declared_encoding_makes_it_fail(name: str) -> None:
    rest = bytes(range(1, 256)) + b"\\N{x} \\ud800 +AGE-" + "é€😀".encode()
    content = b"# coding: " + name.encode() + b"\n" + rest
    decoded = decode_python(content)
    decoded.text.encode("utf-8")
    assert decoded.problem is not None or decoded.text
    if decoded.exact:
        assert encode(decoded.text, decoded) == content
