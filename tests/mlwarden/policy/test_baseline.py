"""The baseline: what it takes for known, what it records, and the file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlwarden.fixes.atomic import WriteError
from mlwarden.model.errors import ConfigError
from mlwarden.model.findings import Finding
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import FileResult, Verdict
from mlwarden.model.spans import Span
from mlwarden.policy.baseline import (
    Applied,
    Baseline,
    BaselineEntry,
    apply,
    fingerprint,
    load,
    record,
    render,
    write,
)
from mlwarden.source.documents import PythonModule


def _findings(text: str, code: str = "MLW101") -> list[Finding]:
    """A finding for each `load` in the text."""
    starts = [index for index in range(len(text)) if text.startswith("load", index)]
    return [Finding(code, Span(at, at + 4), "A message.", Severity.HIGH, Confidence.HIGH) for at in starts]


def _recorded(text: str, path: str = "a.py", root: str = ".") -> Baseline:
    document = PythonModule(path, text)
    marked = tuple(replace(each, fingerprint=fingerprint(each, document, root=root)) for each in _findings(text))
    return Baseline(record([FileResult(path, Verdict(reported=marked))], root), root)


def _applied(text: str, baseline: Baseline, path: str = "a.py") -> Applied:
    return apply(_findings(text), PythonModule(path, text), baseline)


def test_what_is_recorded_is_known_wherever_it_has_moved() -> None:
    baseline = _recorded("load(a)\nload(b)\n")
    text = "\n\nload(b)\nx\nload(a)\n"
    assert _applied(text, baseline) == Applied((), tuple(_findings(text)), ())


def test_what_is_not_recorded_is_new() -> None:
    baseline = _recorded("load(a)\n")
    text = "load(a)\nload(c)\n"
    assert _applied(text, baseline) == Applied(tuple(_findings(text)[1:]), tuple(_findings(text)[:1]), ())
    assert _applied(text, baseline, "b.py") == Applied(tuple(_findings(text)), (), ())


def test_one_more_of_the_same_is_new() -> None:
    baseline = _recorded("load(a)\nload(a)\n")
    assert [entry.count for entry in baseline.entries] == [2]
    text = "load(a)\n" * 3
    found = _findings(text)
    assert _applied(text, baseline) == Applied((found[2],), (found[0], found[1]), ())


def test_what_is_gone_is_stale() -> None:
    baseline = _recorded("load(a)\nload(a)\nload(b)\n")
    by_count = {entry.count: entry for entry in baseline.entries}
    found = _applied("load(a)\n", baseline)
    assert set(found.stale) == {replace(by_count[2], count=1), by_count[1]}
    assert _applied("", baseline).stale == baseline.entries


def test_an_empty_baseline_knows_nothing() -> None:
    assert _applied("load(a)\n", Baseline()) == Applied(tuple(_findings("load(a)\n")), (), ())


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_the_parts_add_up(before: list[str], now: list[str]) -> None:
    """As many of each kind are known as were recorded and are there; the rest is new, or stale."""
    baseline = _recorded("".join(f"load({name})\n" for name in before))
    text = "".join(f"load({name})\n" for name in now)
    found = _applied(text, baseline)
    assert sorted((*found.new, *found.known), key=Finding.order) == _findings(text)
    common = sum(min(before.count(name), now.count(name)) for name in "abc")
    assert len(found.known) == common
    assert sum(entry.count for entry in found.stale) == len(before) - common


# --- recording ---------------------------------------------------------------------------------------------------


def _result(path: str, *found: tuple[str, str], baselined: tuple[tuple[str, str], ...] = ()) -> FileResult:
    def made(items: tuple[tuple[str, str], ...]) -> tuple[Finding, ...]:
        return tuple(
            Finding(code, Span(0, 1), "A message.", Severity.LOW, Confidence.LOW, fingerprint=digits)
            for code, digits in items
        )

    return FileResult(path, Verdict(reported=made(found), baselined=made(baselined)))


def test_record_counts_what_is_reported_and_what_the_old_baseline_held_back() -> None:
    results = [_result("b.py", ("MLW101", "f1"), ("MLW101", "f1"), baselined=(("MLW102", "f2"),)), _result("a.py")]
    assert record(results, ".") == (
        BaselineEntry("b.py", "MLW101", "f1", 2),
        BaselineEntry("b.py", "MLW102", "f2", 1),
    )


def test_record_keeps_notes_and_forgets_what_is_gone() -> None:
    previous = Baseline(
        (
            BaselineEntry("a.py", "MLW101", "f1", 3, "until the migration", "team-x"),
            BaselineEntry("a.py", "MLW101", "f2", 1, "gone"),
            BaselineEntry("z.py", "MLW101", "f3", 1, "not checked now"),
        )
    )
    assert record([_result("a.py", ("MLW101", "f1"))], ".", previous) == (
        BaselineEntry("a.py", "MLW101", "f1", 1, "until the migration", "team-x"),
    )


def test_record_of_a_part_keeps_the_rest(tmp_path: Path) -> None:
    (tmp_path / "other.py").touch()
    root = tmp_path.as_posix()
    previous = Baseline(
        (
            BaselineEntry("a.py", "MLW101", "f1", 1),
            BaselineEntry("a.py", "MLW203", "f2", 1),
            BaselineEntry("deleted.py", "MLW101", "f3", 1),
            BaselineEntry("other.py", "MLW101", "f4", 1, "note"),
        ),
        root,
    )
    results = [_result((tmp_path / "a.py").as_posix(), ("MLW101", "f9"))]
    assert record(results, root, previous, frozenset({"MLW101"})) == (
        BaselineEntry("a.py", "MLW101", "f9", 1),
        BaselineEntry("a.py", "MLW203", "f2", 1),
        BaselineEntry("other.py", "MLW101", "f4", 1, "note"),
    )


# --- the file ----------------------------------------------------------------------------------------------------

ENTRIES = (
    BaselineEntry("b.py", "MLW101", "f2", 2, "caf\u00e9 \u2028", "team"),
    BaselineEntry("a.py", "MLW203", "f1", 1),
)
TEXT = """{
  "version": 1,
  "entries": [
    {"path": "a.py", "code": "MLW203", "fingerprint": "f1", "count": 1},
    {"path": "b.py", "code": "MLW101", "fingerprint": "f2", "count": 2, "note": "caf\u00e9 \u2028", "owner": "team"}
  ]
}
"""


def test_the_bytes() -> None:
    assert render(ENTRIES) == TEXT.encode()
    assert render(reversed(ENTRIES)) == TEXT.encode()
    assert render(()) == b'{\n  "version": 1,\n  "entries": []\n}\n'
    assert json.loads(render(ENTRIES))["entries"][0]["path"] == "a.py"


def test_write_and_load(tmp_path: Path) -> None:
    path = tmp_path / "base.json"
    write(path, ENTRIES)
    assert path.read_bytes() == TEXT.encode()
    assert load(path) == Baseline(tuple(sorted(ENTRIES)), tmp_path.as_posix())
    write(path, ENTRIES[:1])
    assert load(path).entries == ENTRIES[:1]
    assert [each.name for each in tmp_path.iterdir()] == ["base.json"]


def test_where_nothing_can_be_written_nothing_is_left_behind(tmp_path: Path) -> None:
    with pytest.raises(WriteError):
        write(tmp_path / "gone/base.json", ENTRIES)
    assert list(tmp_path.iterdir()) == []


_TEXTS = st.text(max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.builds(BaselineEntry, _TEXTS, _TEXTS, _TEXTS, st.integers(1), _TEXTS, _TEXTS), max_size=4))
def test_any_entries_survive_the_file(tmp_path: Path, entries: list[BaselineEntry]) -> None:
    unique = {(entry.path, entry.fingerprint): entry for entry in entries}
    path = tmp_path / "base.json"
    path.write_bytes(render(unique.values()))
    assert load(path).entries == tuple(sorted(unique.values()))


def test_a_path_that_is_not_unicode_survives_the_file(tmp_path: Path) -> None:
    entry = BaselineEntry("\udcff.py", "MLW101", "f1", 1)
    (tmp_path / "b.json").write_bytes(render([entry]))
    assert load(tmp_path / "b.json").entries == (entry,)


_AGAIN = "restore it from version control, or record it again with `mlwarden baseline`"
_ENTRY = '{"path": "a", "code": "MLW1", "fingerprint": "f", "count": 1}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", f"this is not a baseline of mlwarden; {_AGAIN}"),
        ('{"results": {}}', f"this is not a baseline of mlwarden; {_AGAIN}"),
        (
            '{"version": 2, "entries": []}',
            "version: this release reads version 1; use the release that wrote the file, or record it again",
        ),
        ('{"version": 1, "entries": [3]}', f"entries[0]: expected an object; {_AGAIN}"),
        ('{"version": 1, "entries": [{"path": "a"}]}', f"entries[0].code: expected a string; {_AGAIN}"),
        (
            '{{"version": 1, "entries": [{}]}}'.format(_ENTRY.replace("1}", "0}")),
            f"entries[0].count: expected a whole number, at least 1; {_AGAIN}",
        ),
        (
            '{{"version": 1, "entries": [{}]}}'.format(_ENTRY.replace("1}", "true}")),
            f"entries[0].count: expected a whole number, at least 1; {_AGAIN}",
        ),
        (
            '{{"version": 1, "entries": [{}]}}'.format(_ENTRY.replace("1}", '1, "note": 3}')),
            f"entries[0].note: expected a string; {_AGAIN}",
        ),
        (
            f'{{"version": 1, "entries": [{_ENTRY}, {_ENTRY}]}}',
            f"entries[1]: stands twice, perhaps after a merge; {_AGAIN}",
        ),
    ],
)
def test_a_file_that_is_no_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("b.json").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(Path("b.json"))
    assert str(caught.value) == f"b.json: {message}"


@pytest.mark.parametrize(
    ("content", "start"),
    [
        (b"", "the baseline is not valid JSON (Expecting value"),
        (b'{"version": 1,\n<<<<<<< ours\n', "the baseline is not valid JSON (Expecting property name"),
        (b"\xff", "the baseline is not valid JSON ('utf-8' codec"),
        (b"[" * 200_000, "the baseline is not valid JSON (maximum recursion"),
        (b"1" * 5000, "the baseline is not valid JSON (Exceeds the limit"),
    ],
)
def test_a_corrupt_file(tmp_path: Path, content: bytes, start: str) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert caught.value.problem.startswith(start)
    assert caught.value.problem.endswith(_AGAIN)
    assert ("conflict markers" in caught.value.problem) == (b"<<<<<<<" in content)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "b.json")
    assert caught.value.problem == "there is no such baseline; `mlwarden baseline` writes one"
    with pytest.raises(ConfigError, match="the baseline cannot be read: "):
        load(tmp_path)
