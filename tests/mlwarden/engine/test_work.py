from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mlwarden.config.settings import Settings
from mlwarden.engine.project import Project
from mlwarden.engine.work import Work, check_all, chunks, weight_of
from mlwarden.model.findings import Finding
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.spans import Span

SETTINGS = Settings()


def work_of(sizes: list[int]) -> list[Work]:
    return [Work(f"{number}.py", f"/{number}.py", SETTINGS, size) for number, size in enumerate(sizes)]


@given(st.lists(st.integers(0, 3_000_000), max_size=200), st.integers(1, 8))
def test_every_file_is_in_one_chunk(sizes: list[int], workers: int) -> None:
    work = work_of(sizes)
    cut = list(chunks(work, workers))
    assert all(cut)
    assert sorted(each for chunk in cut for each in chunk) == sorted(work)
    # Neighbours stay together and in order; only files that are chunks by themselves are taken out.
    several = [each for chunk in cut if len(chunk) > 1 for each in chunk]
    assert several == [each for each in work if each in several]


@given(st.lists(st.integers(0, 200_000), min_size=50, max_size=300), st.integers(2, 4))
def test_nobody_waits_long_for_the_last_one(sizes: list[int], workers: int) -> None:
    work = work_of(sizes)
    busy = [0] * workers
    for chunk in chunks(work, workers):
        first = busy.index(min(busy))
        busy[first] += weight_of(chunk)
    assert max(busy) - min(busy) <= 450_000  # the largest file that is no chunk by itself, and a little


def test_the_largest_files_come_first() -> None:
    sizes = [10, 5_000_000, 20, 9_000_000, 30]
    assert [[each.size for each in chunk] for chunk in chunks(work_of(sizes), 2)] == [
        [9_000_000],
        [5_000_000],
        [10, 20, 30],
    ]


def test_what_is_sent_along_is_checked_and_nothing_is_read(tmp_path: Path) -> None:
    settings = Settings(select=("MLW118",), root=str(tmp_path))
    missing = tmp_path / "a.py"
    sent = Work("a.py", str(missing), settings, content=b"import yaml\nyaml.unsafe_load(x)\n")
    read = Work("b.py", str(tmp_path / "b.py"), Settings(select=("MLW001",)))
    (first, _), (second, _) = check_all([sent, read], Project())
    assert [(f.code, f.span) for f in first.verdict.reported] == [("MLW118", Span(12, 31))]
    assert second.verdict.reported == (
        Finding(
            "MLW001",
            Span(0, 0),
            "the file cannot be read: no such file or directory",
            Severity.LOW,
            Confidence.HIGH,
        ),
    )
