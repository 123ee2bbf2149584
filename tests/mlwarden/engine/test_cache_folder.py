from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlwarden.engine.cache_folder import DEFAULT_NAME, CacheFolder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLWARDEN_CACHE_KEY", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    return tmp_path / "project" / DEFAULT_NAME


def opened(folder: Path) -> CacheFolder:
    found = CacheFolder.at(str(folder))
    assert found is not None
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_stored_is_there_for_the_next_run(folder: Path) -> None:
    assert opened(folder).load("a") is None
    assert opened(folder).store("a", b"results")
    assert opened(folder).load("a") == b"results"
    assert opened(folder).load("b") is None
    assert names(folder) == [".gitignore", "CACHEDIR.TAG", "a.results"]
    assert (folder / ".gitignore").read_text() == "*\n"
    assert (folder / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")
    if os.name == "posix":
        key = folder.parents[1] / "home" / "mlwarden" / "key"
        assert (key.stat().st_mode & 0o777, (folder / "a.results").stat().st_mode & 0o777) == (0o600, 0o600)


def test_a_file_counts_only_whole_unchanged_and_under_its_name(folder: Path) -> None:
    opened(folder).store("a", b"results")
    file = folder / "a.results"
    content = file.read_bytes()
    for place in range(len(content)):
        file.write_bytes(content[:place])
        assert opened(folder).load("a") is None
        file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert opened(folder).load("a") is None
    file.write_bytes(content)
    assert opened(folder).load("a") == b"results"
    (folder / "b.results").write_bytes(content)
    assert opened(folder).load("b") is None


def test_a_file_that_another_user_signed_is_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(folder).store("a", b"no findings")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder.parent / "victim"))
    assert opened(folder).load("a") is None
    assert opened(folder).store("a", b"results")
    assert opened(folder).load("a") == b"results"


def test_a_key_can_come_from_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLWARDEN_CACHE_KEY", "something secret")
    opened(folder).store("a", b"results")
    assert not (folder.parents[1] / "home").exists()
    assert opened(folder).load("a") == b"results"
    monkeypatch.setenv("MLWARDEN_CACHE_KEY", "something else")
    assert opened(folder).load("a") is None


def test_digests_are_keyed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLWARDEN_CACHE_KEY", "one")
    one = opened(folder).keyed(b"digest")
    monkeypatch.setenv("MLWARDEN_CACHE_KEY", "two")
    assert opened(folder).keyed(b"digest") != one


def test_without_a_place_for_a_key_there_is_no_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = folder.parents[1] / "blocked"
    blocked.write_text("a file, no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert CacheFolder.at(str(folder)) is None
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert CacheFolder.at(str(folder)) is None


def test_a_damaged_key_is_no_key(folder: Path) -> None:
    key = folder.parents[1] / "home" / "mlwarden" / "key"
    key.parent.mkdir(parents=True)
    key.write_bytes(b"short")
    assert CacheFolder.at(str(folder)) is None


def test_links_are_not_followed(folder: Path) -> None:
    elsewhere = folder.parents[1] / "elsewhere"
    elsewhere.mkdir()
    folder.parent.mkdir()
    folder.symlink_to(elsewhere, target_is_directory=True)
    assert CacheFolder.at(str(folder)) is None
    folder.unlink()
    folder.mkdir()
    for name in ("a.results", ".gitignore", "CACHEDIR.TAG"):
        (elsewhere / name).write_text("precious")
        (folder / name).symlink_to(elsewhere / name)
    assert opened(folder).load("a") is None
    assert opened(folder).store("a", b"results")
    assert [(elsewhere / name).read_text() for name in names(elsewhere)] == ["precious"] * 3
    assert opened(folder).load("a") == b"results"


def test_somebody_elses_folder_is_left_alone(folder: Path) -> None:
    other = folder.parent / "data"
    other.mkdir(parents=True)
    assert CacheFolder.at(str(other)) is not None
    (other / "precious.txt").write_text("")
    assert CacheFolder.at(str(other)) is None
    (other / "CACHEDIR.TAG").write_text("")
    assert CacheFolder.at(str(other)) is not None


def test_what_cannot_be_written_is_no_trouble(folder: Path) -> None:
    folder.parent.mkdir()
    found = opened(folder)
    folder.write_text("a file, no folder")
    assert not found.store("a", b"results")
    assert found.load("a") is None
    folder.unlink()
    (folder / "a.results").mkdir(parents=True)
    assert not found.store("a", b"results")
    assert names(folder) == [".gitignore", "CACHEDIR.TAG", "a.results"]  # nothing unfinished is left behind


def test_old_files_make_room(folder: Path) -> None:
    found = opened(folder)
    for number in range(14):
        found.store(f"f{number:02}", b"")
        os.utime(folder / f"f{number:02}.results", (1_000_000_000 + number,) * 2)
    (folder / ".unfinished.1").write_text("")
    os.utime(folder / ".unfinished.1", (1_000_000_000,) * 2)
    found.store("new", b"")
    assert names(folder) == [".gitignore", "CACHEDIR.TAG", "new.results"]
    for number in range(14):
        found.store(f"g{number:02}", b"")
    assert len(names(folder)) == 2 + 12


def test_runs_at_the_same_time_get_the_same_key_and_whole_files(folder: Path) -> None:
    program = (
        "import sys; from mlwarden.engine.cache_folder import CacheFolder\n"
        "found = CacheFolder.at(sys.argv[1])\n"
        "for _ in range(50):\n"
        "    assert found.store('a', sys.argv[2].encode() * 100_000)\n"
        "    body = found.load('a')\n"
        "    assert body and len(set(body)) == 1 and len(body) == 100_000, body and len(body)\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", program, str(folder), letter]) for letter in "xyz"]
    assert [each.wait() for each in started] == [0, 0, 0]
    assert names(folder) == [".gitignore", "CACHEDIR.TAG", "a.results"]
