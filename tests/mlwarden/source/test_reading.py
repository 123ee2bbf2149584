"""Reading files, bounded and without exceptions."""

from __future__ import annotations

import os
from pathlib import Path

from mlwarden.source.problems import Problem
from mlwarden.source.reading import read, read_head


def test_a_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"12345")
    assert read(file, limit=5) == b"12345"
    assert read(file, limit=4) == Problem("MLW005", "the file has 5 bytes, more than the limit of 4 bytes")
    assert read_head(file, 3) == b"123"


def test_large_sizes_are_said_in_megabytes(tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    with file.open("wb") as sparse:
        sparse.truncate(3_000_500_000)
    assert read(file) == Problem("MLW005", "the file has 3,000.5 MB, more than the limit of 200.0 MB")


def test_a_file_that_lies_about_its_size_is_bounded_too() -> None:
    assert Path("/proc/self/status").stat().st_size == 0
    assert isinstance(read("/proc/self/status"), bytes)
    assert isinstance(read("/proc/self/status", limit=10), Problem)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path, reason in (
        (tmp_path / "gone", "no such file or directory"),
        (tmp_path, "it is not a regular file"),
        (pipe, "it is not a regular file"),
        (Path("/dev/zero"), "it is not a regular file"),
        (loop, "too many levels of symbolic links"),
        ("a\0b", "embedded null byte"),
        (tmp_path / ("x" * 300), "file name too long"),
    ):
        assert read(path) == Problem("MLW001", f"the file cannot be read: {reason}")
        assert read_head(path, 10) == b""
