"""Bytes to text and back. What is not edited comes back byte for byte: mark, encoding and line ends are kept."""

from __future__ import annotations

import codecs
import re

from mlwarden.model.record import record
from mlwarden.source.problems import NOT_TEXT, Problem

# PEP 263: the comment that declares an encoding stands in the first two lines, e.g. `# -*- coding: latin-1 -*-`; the
# second counts only where the first is blank or a comment.
_COOKIE = re.compile(rb"[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)")
_BLANK_OR_COMMENT = re.compile(rb"[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)")
_LINE_END = re.compile(rb"\r\n|\r|\n")

# Longer marks first: the UTF-32 mark starts with the UTF-16 one.
_WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Strict decoding followed by encoding gives the same bytes; for other encodings that is tried.
_ONE_TO_ONE = frozenset({"utf-8", "ascii", "iso8859-1", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"})
# Names that no source file has a use for and whose decoders take quadratic time.
_REFUSED = frozenset({"punycode", "idna"})


@record(frozen=True, slots=True)
class Decoded:
    """Text, and how it stood in the bytes.

    Attributes:
        text: the text without a byte-order mark, line ends as they are; where `problem` is set, as much of it as can
            be shown, with U+FFFD for what cannot.
        encoding: the codec's name.
        bom: the byte-order mark that the bytes start with, or b"".
        problem: why this is not valid text, or None.
        guessed: the encoding is a guess (Latin-1), because the bytes are not UTF-8 and declare nothing.
        exact: encoding the text gives the very bytes back; edits must not be written where that is false.
    """

    text: str
    encoding: str
    bom: bytes = b""
    problem: Problem | None = None
    guessed: bool = False
    exact: bool = True


class EncodeError(ValueError):
    """The text cannot be written in the file's encoding; the message says why."""


def decode_python(content: bytes) -> Decoded:
    """Decode a Python file as the interpreter does: byte-order mark, PEP 263 declaration, else UTF-8.

    Never raises; `problem` is set for unknown encodings, bytes that are not valid in theirs, and NUL characters,
    which no Python source may hold.
    """
    bom = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    body = content[len(bom) :]
    encoding = "utf-8"
    cookie = _cookie(body)
    if cookie is not None:
        declared = cookie[1].decode("ascii", "replace")
        encoding = _normal_name(declared)
        refusal = _refusal(declared, encoding, bom)
        if refusal:
            text = body.decode("utf-8", "replace")
            offset = len(body[: cookie.start(1)].decode("utf-8", "replace"))
            return Decoded(text, "utf-8", bom, Problem(NOT_TEXT, refusal, offset), exact=False)
    decoded = _strict(body, encoding, bom)
    if decoded.problem is None and "\0" in decoded.text:
        return _with_nul(decoded)
    return decoded


def decode_text(content: bytes) -> Decoded:
    """Decode any other text: by its byte-order mark, else UTF-8, else Latin-1 as a guess.

    Never raises; `problem` is set for NUL characters (binary data) and for bytes that break the encoding their
    byte-order mark announces.
    """
    if content.startswith(codecs.BOM_UTF8):
        decoded = _strict(content[3:], "utf-8", codecs.BOM_UTF8)
    else:
        for bom, encoding in _WIDE_MARKS:
            if content.startswith(bom):
                decoded = _strict(content[len(bom) :], encoding, bom)
                break
        else:
            decoded = _utf8_or_latin1(content)
    if decoded.problem is None and "\0" in decoded.text:
        return _with_nul(decoded)
    return decoded


def decode_utf8(content: bytes) -> Decoded:
    """Decode text that has to be UTF-8, as JSON and TOML; a byte-order mark is dropped. Otherwise as `decode_text`."""
    bom = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    return _strict(content[len(bom) :], "utf-8", bom)


def encode(text: str, decoded: Decoded) -> bytes:
    """The bytes of `text`, an edited `decoded.text`, in the same encoding and with the same byte-order mark.

    Raises:
        EncodeError: the encoding lacks a character of the text, or does not give back the bytes of what was not
            edited either.
    """
    if not decoded.exact:
        raise EncodeError(f"text in {decoded.encoding} cannot be written back byte for byte")
    try:
        return decoded.bom + text.encode(decoded.encoding)
    except UnicodeError as error:
        character = f" {text[error.start]!a}" if isinstance(error, UnicodeEncodeError) else ""
        raise EncodeError(f"the encoding {decoded.encoding} has no character{character}") from None


def is_binary(head: bytes) -> bool:
    """Whether the first bytes of a file are no text: they hold a NUL and start with no UTF-16 or UTF-32 mark."""
    return b"\0" in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))


def _cookie(body: bytes) -> re.Match[bytes] | None:
    found = _COOKIE.match(body)
    if found is None and (first := _BLANK_OR_COMMENT.match(body)):
        found = _COOKIE.match(body, first.end())
    return found


def _normal_name(declared: str) -> str:
    """The codec's name for a declared encoding; what is not known stays as it is."""
    name = declared.lower().replace("_", "-")
    # Editors append line-end flavours, which the interpreter drops: `utf-8-unix`, `latin-1-dos`.
    if name == "utf-8" or name.startswith("utf-8-"):
        return "utf-8"
    for latin in ("latin-1", "iso-8859-1", "iso-latin-1"):
        if name == latin or name.startswith(latin + "-"):
            return "iso8859-1"
    try:
        return codecs.lookup(declared).name
    except (LookupError, ValueError):
        return declared


def _refusal(declared: str, encoding: str, bom: bytes) -> str:
    """Why a file with this declaration cannot be decoded, or ""."""
    if encoding in _REFUSED:
        return f"the declared encoding '{declared}' is not supported"
    try:
        b"a".decode(encoding)  # not b"": an empty text is decoded without looking at the name
    except UnicodeDecodeError:
        pass
    except (LookupError, ValueError):
        return f"the declared encoding '{declared[:40]}' is not known"
    if bom and encoding != "utf-8":
        return f"the declared encoding '{declared}' contradicts the UTF-8 byte-order mark"
    return ""


def _strict(body: bytes, encoding: str, bom: bytes) -> Decoded:
    try:
        text = body.decode(encoding)
    except UnicodeError as error:
        return _undecodable(body, encoding, bom, error)
    if encoding in _ONE_TO_ONE:
        return Decoded(text, encoding, bom)
    try:
        # Some codecs (utf-7, unicode-escape) make lone surrogates, which nothing after us can write as UTF-8.
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        message = f"not valid {encoding}: it decodes to half of a surrogate pair ({_line(text, error.start)})"
        shown = text.encode("utf-8", "replace").decode("utf-8")
        return Decoded(shown, encoding, bom, Problem(NOT_TEXT, message, error.start), exact=False)
    return Decoded(text, encoding, bom, exact=_gives_back(text, encoding, body))


def _gives_back(text: str, encoding: str, body: bytes) -> bool:
    try:
        return text.encode(encoding) == body
    except UnicodeError:
        return False


def _undecodable(body: bytes, encoding: str, bom: bytes, error: UnicodeError) -> Decoded:
    shown = _replaced(body, encoding)
    if not isinstance(error, UnicodeDecodeError):
        return Decoded(shown, encoding, bom, Problem(NOT_TEXT, f"not valid {encoding}: {error}"), exact=False)
    before = body[: error.start]
    byte = f"byte 0x{body[error.start]:02x} at offset {len(bom) + error.start}"
    line = len(_LINE_END.findall(before)) + 1
    message = f"not valid {encoding.upper()}: {byte} (line {line})"
    offset = len(_replaced(before, encoding))
    return Decoded(shown, encoding, bom, Problem(NOT_TEXT, message, offset), exact=False)


def _replaced(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding, "replace").encode("utf-8", "replace").decode("utf-8")
    except UnicodeError:  # codecs may know no replacement
        return body.decode("utf-8", "replace")


def _utf8_or_latin1(content: bytes) -> Decoded:
    try:
        return Decoded(content.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return Decoded(content.decode("iso8859-1"), "iso8859-1", guessed=True)


def _with_nul(decoded: Decoded) -> Decoded:
    at = decoded.text.index("\0")
    message = f"not text: a NUL character at character {at + 1} ({_line(decoded.text, at)})"
    problem = Problem(NOT_TEXT, message, at)
    return Decoded(decoded.text, decoded.encoding, decoded.bom, problem, decoded.guessed, decoded.exact)


def _line(text: str, offset: int) -> str:
    before = text[:offset].replace("\r\n", "\n")
    return f"line {before.count(chr(10)) + before.count(chr(13)) + 1}"
