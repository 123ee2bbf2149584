"""The identity of a finding across edits of its file: what is wrong, in which file, in what text; never on which line.

A fingerprint must not let anybody guess a secret: it stands in baselines and reports, and a short password can be found
by trying, if the hash of its line is known. So for secrets the hash holds no text of the line but the name before the
secret, and the message, which never has the secret in it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from mlwarden.config.settings import Settings
from mlwarden.model.findings import Finding
from mlwarden.model.spans import Span
from mlwarden.source.documents import Document, lines_at, text_at

# Bandit's hard-coded passwords, besides our own family of secrets.
_SECRET_CODES = ("MLW3", "B105", "B106", "B107")

_MAX_LINES = 3
_MAX_LINE = 400
_AROUND = 100

# The name that a secret is given to: `api_key` in `api_key = "`, `Bearer` in `Authorization: Bearer `.
_NAME_BEFORE = re.compile(r"(?<![\w\-+/])([A-Za-z_]{1,40})\W*$")


def fingerprint(finding: Finding, document: Document, occurrence: int = 0, *, root: str = ".") -> str:
    """32 hexadecimal digits that stay the same when the finding's lines move.

    Args:
        finding: what to identify.
        document: where it was found.
        occurrence: 0 for the first of several findings that are alike, and so on; 0 for all of them where they are
            counted instead, as in a baseline.
        root: the folder that the path in the hash counts from.
    """
    from hashlib import sha256

    parts = [finding.code, relative_posix(document.path, root), _context(finding, document), str(occurrence)]
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def root_of(settings: Settings) -> str:
    """The folder that paths in fingerprints count from: the baseline's, or the configuration's where there is none."""
    return Path(settings.baseline).parent.as_posix() if settings.baseline else settings.root


def relative_posix(path: str, root: str) -> str:
    """`path` as seen from `root`, with forward slashes; absolute where no way leads there (another drive)."""
    here = Path.cwd()
    try:
        return Path(os.path.relpath(here / path, here / root)).as_posix()
    except ValueError:
        return Path(path).as_posix()


def _context(finding: Finding, document: Document) -> str:
    """The text that identifies the finding in its file, white space collapsed."""
    if finding.code.startswith(_SECRET_CODES):
        return finding.message + "\0" + _name_before(finding.span, document)
    text = _text_of(finding.span, document)
    # A model file has no text, and an empty line says nothing: then the message has to do.
    return text or finding.message


def _text_of(span: Span, document: Document) -> str:
    """The finding's first lines, whole; of a very long line, as in a minified notebook, what is around the finding."""
    text, lines = text_at(document, span.cell), lines_at(document, span.cell)
    first = lines.line_of(min(span.start, len(text)))
    last = min(lines.line_of(min(max(span.start, span.end - 1), len(text))), first + _MAX_LINES - 1)
    start, end = lines.starts[first], lines.line_end(last)
    if end - start > _MAX_LINE * _MAX_LINES:
        start, end = max(start, span.start - _AROUND), min(end, span.start + _AROUND)
    return " ".join(text[start:end].split())


def _name_before(span: Span, document: Document) -> str:
    """The name that stands right before the secret on its line; no digit, nothing that could be part of a secret."""
    text, lines = text_at(document, span.cell), lines_at(document, span.cell)
    start = min(span.start, len(text))
    match = _NAME_BEFORE.search(text, max(lines.starts[lines.line_of(start)], start - _AROUND), start)
    return match[1] if match else ""
