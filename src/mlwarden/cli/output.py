"""Writing results: to standard output or a file, with colours where a person reads, never failing on a character."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

from mlwarden.model.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def write(text: str, output_file: Path | None = None) -> None:
    """Write a result as UTF-8 to a file, or to standard output in its own encoding.

    A reader that stops reading (`mlwarden check | head`) is no error.

    Raises:
        UsageError: the file cannot be written.
    """
    if output_file is not None:
        try:
            output_file.write_bytes(text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise UsageError(f"cannot write {output_file}: {error.strerror or error}") from None
        return
    stream = sys.stdout
    try:
        stream.write(_encodable(text, stream))
        stream.flush()
    except BrokenPipeError:
        discard_stdout()


def write_bytes(content: bytes) -> None:
    """Write a document, unchanged, to standard output."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        discard_stdout()


def note(text: str) -> None:
    """Tell the person something that is not part of the result."""
    print(_encodable(text, sys.stderr), file=sys.stderr)


def discard_stdout() -> None:
    """After a broken pipe: let the interpreter's last flush go nowhere instead of failing."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    except (OSError, ValueError):  # a stream without a file descriptor has nothing to flush
        return


def wants_color(stream: TextIO) -> bool:
    """Whether to colour what goes to a stream.

    NO_COLOR (https://no-color.org) wins over FORCE_COLOR, and both win over what the stream is.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def check_writable(output_file: Path | None) -> None:
    """Fail before the work is done, not after.

    Raises:
        UsageError: the file's folder does not exist, or the path is a folder.
    """
    if output_file is None:
        return
    if output_file.is_dir():
        raise UsageError(f"cannot write {output_file}: it is a folder")
    if not output_file.parent.is_dir():
        raise UsageError(f"cannot write {output_file}: there is no folder {output_file.parent}")


def _encodable(text: str, stream: TextIO) -> str:
    """Characters that the stream's encoding lacks become backslash escapes."""
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode(encoding, "backslashreplace").decode(encoding)
    return text
