"""Replacing a file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mlwarden.fixes.atomic import WriteError, write_atomically


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "a.py"
    path.parent.mkdir()
    path.write_bytes(b"old\r\n")
    return path


def test_the_bytes_change_and_nothing_else(file: Path) -> None:
    file.chmod(0o2755)
    before = file.stat()
    write_atomically(file, b"new\r\n\0\xff", expected=b"old\r\n")
    after = file.stat()
    assert file.read_bytes() == b"new\r\n\0\xff"
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert [path.name for path in file.parent.iterdir()] == ["a.py"]


def test_the_longest_of_names(file: Path) -> None:
    long = file.with_name("n" * 252 + ".py")
    long.write_bytes(b"old")
    write_atomically(long, b"new")
    assert long.read_bytes() == b"new"


def test_a_link_stays_and_what_it_leads_to_is_replaced(file: Path, tmp_path: Path) -> None:
    link, second = tmp_path / "link.py", tmp_path / "second.py"
    link.symlink_to("folder/a.py")
    second.symlink_to(link)
    write_atomically(second, b"new")
    assert (file.read_bytes(), link.readlink(), second.readlink()) == (b"new", Path("folder/a.py"), link)
    assert sorted(path.name for path in file.parent.iterdir()) == ["a.py"]


def test_another_name_of_the_file_keeps_the_old_content(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.hardlink_to(file)
    write_atomically(file, b"new")
    assert (file.read_bytes(), other.read_bytes()) == (b"new", b"old\r\n")


def test_an_edit_made_meanwhile_is_not_lost(file: Path) -> None:
    with pytest.raises(WriteError) as caught:
        write_atomically(file, b"new", expected=b"older\r\n")
    assert str(caught.value) == f"{file}: cannot be written: it has changed since it was read; the file is unchanged"
    assert file.read_bytes() == b"old\r\n"


def test_what_cannot_be_replaced(file: Path, tmp_path: Path) -> None:
    file.chmod(0o444)
    dangling = tmp_path / "dangling.py"
    dangling.symlink_to("nowhere")
    for path, reason in (
        (file, "it is read-only"),
        (tmp_path / "gone.py", "no such file or directory"),
        (dangling, "no such file or directory"),
        (file.parent, "it is not a regular file"),
        (file / "below", "not a directory"),
        (Path("a\0b"), "embedded null byte"),
    ):
        with pytest.raises(WriteError) as caught:
            write_atomically(path, b"new")
        assert str(caught.value) == f"{path}: cannot be written: {reason}; the file is unchanged"
        assert caught.value.exit_code == 2
    assert file.read_bytes() == b"old\r\n"


@pytest.mark.parametrize("step", ["fchmod", "fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_at_any_step_leaves_the_old_file_and_no_other(
    file: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(WriteError if isinstance(error, OSError) else KeyboardInterrupt) as caught:
        write_atomically(file, b"new")
    monkeypatch.undo()
    if isinstance(error, OSError):
        assert str(caught.value) == f"{file}: cannot be written: no space left on device; the file is unchanged"
    assert file.read_bytes() == b"old\r\n"
    assert [path.name for path in file.parent.iterdir()] == ["a.py"]


def test_a_reader_sees_the_old_file_or_the_new_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bytes, int]] = []
    replace = os.replace

    def look_and_replace(source: str, target: str) -> None:
        seen.append((file.read_bytes(), stat.S_IMODE(Path(source).stat().st_mode)))
        replace(source, target)

    file.chmod(0o640)
    monkeypatch.setattr(os, "replace", look_and_replace)
    write_atomically(file, b"new")
    assert seen == [(b"old\r\n", 0o640)]
    assert file.read_bytes() == b"new"
