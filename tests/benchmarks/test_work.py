"""The work of fixed checks does not grow unnoticed: parses, imports and calls are counted, not seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import work

ADVICE = (
    "\n\nA check does more work than is recorded in tests/benchmarks/work.json. If that is the price of something worth it, "
    "record it: python benchmarks/work.py --write"
)


@pytest.mark.parametrize("check", work.CHECKS)
def test_as_recorded(check: str, tmp_path: Path) -> None:
    found = work.counted(check, tmp_path)
    calls = "\n".join(f"{name}: {number:,}" for name, number in found.items() if name.startswith("calls of "))
    assert work.excesses(work.recorded()[check], found) == [], f"{ADVICE}\n{calls}"


def test_every_check_is_recorded() -> None:
    assert work.recorded().keys() == work.CHECKS.keys()


class TestRecord:
    """What no record may excuse."""

    def test_nothing_heavy_for_a_clean_file(self) -> None:
        clean = work.recorded()["clean"]
        assert {name: clean[f"imports of {name}"] for name in work.HEAVY} == dict.fromkeys(work.HEAVY, 0)

    def test_twice_the_size_is_twice_the_work(self) -> None:
        long, double = work.recorded()["long"], work.recorded()["double"]
        assert double["calls"] <= 2.05 * long["calls"]

    def test_only_what_matters_is_read(self) -> None:
        recorded = work.recorded()
        for check in ("long", "double", "notebook"):
            assert (recorded[check]["lean trees"], recorded[check]["libcst fragments"]) == (2, 0)


class TestExcesses:
    def test_same(self) -> None:
        assert work.excesses({"calls": 1000, "libcst nodes": 0}, {"calls": 1000, "libcst nodes": 0}) == []

    def test_growth(self) -> None:
        recorded = {"calls": 10_000, "libcst nodes": 100, "modules": 100}
        assert work.excesses(recorded, {"calls": 10_500, "libcst nodes": 105, "modules": 105}) == []
        assert work.excesses(recorded, {"calls": 10_600, "libcst nodes": 106, "modules": 106}) == [
            "calls: 10,000 recorded, 10,600 now",
            "libcst nodes: 100 recorded, 106 now",
            "modules: 100 recorded, 106 now",
        ]

    def test_new(self) -> None:
        found = work.excesses({"imports of libcst": 0}, {"imports of libcst": 1, "libcst nodes": 7})
        assert found == ["imports of libcst: 0 recorded, 1 now", "libcst nodes: 0 recorded, 7 now"]

    def test_much_less(self) -> None:
        assert work.excesses({"calls": 1000}, {"calls": 800}) == []
        assert work.excesses({"calls": 1000}, {"calls": 500}) == ["calls: 1,000 recorded, only 500 now; record that"]

    def test_by_package(self) -> None:
        assert work.excesses({"calls": 10, "calls of rules": 5}, {"calls": 10, "calls of engine": 5}) == []


class TestCounted:
    def test_same_again(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        assert work.counted("siblings", tmp_path / "a") == work.counted("siblings", tmp_path / "b")

    def test_more_to_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A second dangerous function is more work."""
        monkeypatch.setitem(work.CHECKS, "long", lambda: {"long.py": work.long_module(400) + "\n\n" + work.DANGEROUS})
        found = work.excesses(work.recorded()["long"], work.counted("long", tmp_path))
        assert [line.partition(":")[0] for line in found if line.startswith("lean")] == [
            "lean characters",
            "lean trees",
        ]
