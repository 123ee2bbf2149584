"""The verdict: which part of the partition takes a finding, and that nothing gets lost."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwarden.config.settings import PerFileIgnore, Settings
from mlwarden.model.findings import Finding
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import FileResult, Suppressed, Suppression, Verdict
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Cell, Notebook
from mlwarden.policy.baseline import Baseline, record
from mlwarden.policy.fingerprints import fingerprint
from mlwarden.policy.suppressions import parse
from mlwarden.policy.verdict import judge
from mlwarden.source.documents import ModelFile, PythonModule

SELECTED = frozenset({"MLW001", "MLW101", "MLW102", "MLW203", "MLW301", "B301"})

TEXT = "load(a)  # noqa: MLW101\nload(b)\nload(c)\n"
MODULE = PythonModule("pkg/a.py", TEXT)
FIRST, SECOND, THIRD = Span(0, 7), Span(24, 31), Span(32, 39)


def _finding(
    span: Span, code: str = "MLW101", severity: Severity = Severity.HIGH, confidence: Confidence = Confidence.HIGH
) -> Finding:
    return Finding(code, span, "A message.", severity, confidence)


def test_a_finding_is_reported() -> None:
    assert judge(MODULE, [_finding(SECOND)], Settings(), SELECTED) == Verdict(
        reported=(_finding(SECOND),),
        unused_suppressions=(Suppression(Span(9, 23), ("MLW101",), "", "noqa"),),
    )


def test_the_order_is_that_of_the_places() -> None:
    findings = [_finding(THIRD), _finding(SECOND, "MLW203"), _finding(SECOND)]
    assert judge(MODULE, findings, Settings(), SELECTED).reported == tuple(reversed(findings))


def test_findings_have_fingerprints_from_then_on() -> None:
    (found,) = judge(MODULE, [_finding(SECOND)], Settings(root="/"), SELECTED).reported
    assert found.fingerprint == fingerprint(_finding(SECOND), MODULE, root="/")


def test_suppressed_inline() -> None:
    verdict = judge(MODULE, [_finding(FIRST)], Settings(), SELECTED)
    suppression = Suppression(Span(9, 23), ("MLW101",), "", "noqa")
    assert verdict == Verdict(suppressed=(Suppressed(_finding(FIRST), suppression),))


def test_an_unsuppressable_finding_is_reported_all_the_same() -> None:
    settings = Settings(unsuppressable=("MLW1",))
    assert judge(MODULE, [_finding(FIRST)], settings, SELECTED).reported == (_finding(FIRST),)
    settings = Settings(unsuppressable=("MLW2",))
    assert judge(MODULE, [_finding(FIRST)], settings, SELECTED).reported == ()


def test_suppressions_that_are_parsed_already() -> None:
    suppressions = parse(MODULE, SELECTED)
    findings = [_finding(FIRST), _finding(SECOND)]
    assert judge(MODULE, findings, Settings(), SELECTED, suppressions=suppressions) == judge(
        MODULE, findings, Settings(), SELECTED
    )


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("pkg/*", True),
        ("pkg/", True),
        ("a.py", True),
        ("/a.py", False),
        ("*.py", True),
        ("pkg/**", True),
        ("**/a.py", True),
        ("other/*", False),
    ],
)
def test_per_file_ignores(pattern: str, matches: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(per_file_ignores=(PerFileIgnore(pattern, ("MLW1",)),), root=tmp_path.as_posix())
    verdict = judge(MODULE, [_finding(SECOND), _finding(THIRD, "MLW203")], settings, SELECTED)
    assert verdict.ignored == ((_finding(SECOND),) if matches else ())
    assert verdict.reported[-1] == _finding(THIRD, "MLW203")


def test_per_file_ignores_count_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pkg").mkdir()
    monkeypatch.chdir(tmp_path / "pkg")
    settings = Settings(per_file_ignores=(PerFileIgnore("/pkg/a.py", ("ALL",)),), root=tmp_path.as_posix())
    for path in ("a.py", "./a.py", (tmp_path / "pkg/a.py").as_posix()):
        verdict = judge(PythonModule(path, TEXT), [_finding(SECOND)], settings, SELECTED)
        assert verdict.ignored == (_finding(SECOND),)


def test_a_finding_that_is_not_selected_is_ignored_not_lost() -> None:
    verdict = judge(MODULE, [_finding(SECOND), _finding(THIRD, "MLW001")], Settings(), frozenset({"MLW101"}))
    assert (verdict.reported, verdict.ignored) == ((_finding(SECOND),), (_finding(THIRD, "MLW001"),))


def test_thresholds() -> None:
    low, unsure, good = (
        _finding(SECOND, severity=Severity.MEDIUM),
        _finding(SECOND, "MLW102", confidence=Confidence.LOW),
        _finding(THIRD),
    )
    settings = Settings(severity=Severity.HIGH, confidence=Confidence.MEDIUM)
    verdict = judge(MODULE, [low, unsure, good], settings, SELECTED)
    assert (verdict.reported, verdict.below_threshold) == ((good,), (low, unsure))


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ((), Severity.HIGH),
        ((("MLW101", Severity.LOW),), Severity.LOW),
        ((("MLW1", Severity.CRITICAL),), Severity.CRITICAL),
        ((("MLW101", Severity.LOW), ("MLW1", Severity.CRITICAL)), Severity.LOW),
        ((("MLW1", Severity.CRITICAL), ("ALL", Severity.LOW)), Severity.CRITICAL),
        ((("MLW", Severity.CRITICAL), ("ALL", Severity.LOW)), Severity.CRITICAL),
        ((("ALL", Severity.MEDIUM),), Severity.MEDIUM),
        ((("MLW102", Severity.LOW),), Severity.HIGH),
    ],
)
def test_severities_are_replaced_before_the_threshold(
    severities: tuple[tuple[str, Severity], ...], expected: Severity
) -> None:
    verdict = judge(MODULE, [_finding(SECOND)], Settings(severities=severities, severity=Severity.HIGH), SELECTED)
    part = verdict.reported if expected >= Severity.HIGH else verdict.below_threshold
    assert part == (_finding(SECOND, severity=expected),)


def _baseline_of(findings: list[Finding], root: str = ".") -> Baseline:
    marked = tuple(replace(each, fingerprint=fingerprint(each, MODULE, root=root)) for each in findings)
    return Baseline(record([FileResult(MODULE.path, Verdict(reported=marked))], root), root)


def test_the_baseline_takes_what_it_records_and_says_what_is_stale() -> None:
    baseline = _baseline_of([_finding(SECOND), _finding(THIRD, "MLW203"), _finding(THIRD, "B301")])
    verdict = judge(MODULE, [_finding(SECOND), _finding(THIRD)], Settings(), SELECTED - {"B301"}, baseline)
    assert (verdict.reported, verdict.baselined) == ((_finding(THIRD),), (_finding(SECOND),))
    # B301 was not looked for, so nothing can be said about it.
    assert verdict.stale_baseline == (fingerprint(_finding(THIRD, "MLW203"), MODULE),)


def test_fingerprints_count_from_the_baselines_folder() -> None:
    baseline = _baseline_of([_finding(SECOND)], "/elsewhere")
    verdict = judge(MODULE, [_finding(SECOND)], Settings(root="/"), SELECTED, baseline)
    assert verdict.baselined == (_finding(SECOND),)


def test_without_findings_the_baseline_is_stale() -> None:
    baseline = _baseline_of([_finding(SECOND)])
    assert judge(MODULE, [], Settings(), SELECTED, baseline).stale_baseline == (fingerprint(_finding(SECOND), MODULE),)


def test_the_first_part_that_fits_takes_a_finding() -> None:
    finding = _finding(FIRST, severity=Severity.LOW)
    high = {"severity": Severity.HIGH}
    everything = Settings(per_file_ignores=(PerFileIgnore("*.py", ("MLW101",)),), severity=Severity.HIGH)
    baseline = _baseline_of([finding])
    assert judge(MODULE, [finding], everything, SELECTED, baseline).ignored == (finding,)
    assert len(judge(MODULE, [finding], Settings(**high), SELECTED, baseline).suppressed) == 1
    unsuppressable = Settings(unsuppressable=("ALL",), severity=Severity.HIGH)
    assert judge(MODULE, [finding], unsuppressable, SELECTED, baseline).baselined == (finding,)
    assert judge(MODULE, [finding], unsuppressable, SELECTED).below_threshold == (finding,)


# --- unused suppressions -----------------------------------------------------------------------------------------


def _unused(text: str, *findings: Finding, selected: frozenset[str] = SELECTED) -> list[tuple[str, tuple[str, ...]]]:
    verdict = judge(PythonModule("a.py", text), findings, Settings(), selected)
    return [(text[each.span.start : each.span.end], each.codes) for each in verdict.unused_suppressions]


@pytest.mark.parametrize(
    ("text", "idle"),
    [
        ("load(a)  # noqa: MLW101", []),
        ("load(a)  # noqa: MLW1", []),
        ("load(a)  # noqa: MLW203", [("# noqa: MLW203", ("MLW203",))]),
        ("load(a)  # noqa: MLW203, MLW101, MLW102", [("# noqa: MLW203, MLW101, MLW102", ("MLW203", "MLW102"))]),
        ("load(a)  # noqa: MLW101, MLW1", []),
        ("load(a)  # mlwarden: ignore[MLW2] why", [("# mlwarden: ignore[MLW2] why", ("MLW2",))]),
        ("load(a)  # mlwarden: ignore[B301]", [("# mlwarden: ignore[B301]", ("B301",))]),
        ("load(a)  # noqa: MLW101 # noqa: MLW101", [("# noqa: MLW101", ("MLW101",))]),
        ("load(a)\n# mlwarden: ignore-file[MLW203]", [("# mlwarden: ignore-file[MLW203]", ("MLW203",))]),
        # These may serve other tools, or name rules that were not run.
        ("load(a)  # noqa", []),
        ("x  # noqa", []),
        ("x  # mlwarden: ignore", []),
        ("load(a)  # noqa: B301", []),
        ("load(a)  # nosec B301", []),
        ("load(a)  # noqa: E501", []),
        ("load(a)  # mlwarden: ignore[MLW9]", []),
    ],
)
def test_unused_suppressions(text: str, idle: list[tuple[str, tuple[str, ...]]]) -> None:
    assert _unused(text, _finding(Span(0, 7))) == idle


def test_a_suppression_of_a_rule_that_was_not_run_is_not_unused() -> None:
    assert _unused("load(a)  # noqa: MLW203", selected=frozenset({"MLW101"})) == []


def test_a_suppression_of_a_finding_below_the_threshold_is_used() -> None:
    finding = _finding(FIRST, severity=Severity.LOW)
    verdict = judge(MODULE, [finding], Settings(severity=Severity.HIGH), SELECTED)
    assert (len(verdict.suppressed), verdict.unused_suppressions) == (1, ())


def test_an_unused_cell_tag() -> None:
    notebook = Notebook("a.ipynb", "", (Cell(0, "", "code", "x", "x", tags=("mlwarden-ignore-MLW101",)),))
    verdict = judge(notebook, [], Settings(), SELECTED)
    assert verdict == Verdict(unused_suppressions=(Suppression(Span(0, 1, 0), ("MLW101",), "", "tag"),))


# --- properties --------------------------------------------------------------------------------------------------

_LINES = st.sampled_from(
    ["load(a)", "load(a)  # noqa", "load(a)  # noqa: MLW101", "# mlwarden: ignore[MLW2]", "# mlwarden: ignore-file[B]"]
)


@given(
    st.lists(_LINES, min_size=1, max_size=5),
    st.lists(
        st.tuples(
            st.integers(0, 40),
            st.sampled_from(sorted(SELECTED)),
            st.sampled_from(list(Severity)),
            st.sampled_from(list(Confidence)),
        ),
        max_size=8,
    ),
    st.builds(
        Settings,
        severity=st.sampled_from(list(Severity)),
        confidence=st.sampled_from(list(Confidence)),
        per_file_ignores=st.sampled_from([(), (PerFileIgnore("a.py", ("MLW2",)),)]),
        severities=st.sampled_from([(), (("MLW1", Severity.LOW),)]),
        unsuppressable=st.sampled_from([(), ("MLW101",)]),
    ),
    st.sets(st.sampled_from(sorted(SELECTED))),
    st.booleans(),
)
def test_the_partition_adds_up(
    lines: list[str],
    places: list[tuple[int, str, Severity, Confidence]],
    settings: Settings,
    selected: set[str],
    with_baseline: bool,
) -> None:
    text = "\n".join(lines)
    document = PythonModule("a.py", text)
    findings = [
        _finding(Span(min(at, len(text)), len(text)), code, severity, confidence)
        for at, code, severity, confidence in places
    ]
    baseline = None
    if with_baseline:
        first = judge(document, findings[::2], Settings(), SELECTED, Baseline())
        baseline = Baseline(record([FileResult("a.py", first)], "."))
    verdict = judge(document, findings, settings, selected, baseline)
    parts = [
        *verdict.reported,
        *(each.finding for each in verdict.suppressed),
        *verdict.ignored,
        *verdict.baselined,
        *verdict.below_threshold,
    ]
    assert sorted(_identity(each) for each in parts) == sorted(_identity(each) for each in findings)
    assert all(each.severity >= settings.severity for each in verdict.reported)
    assert verdict == judge(document, findings[::-1], settings, selected, baseline)


def _identity(finding: Finding) -> tuple[str, int, int, Confidence]:
    return (finding.code, finding.span.start, finding.span.end, finding.confidence)


def test_a_model_file() -> None:
    finding = _finding(Span(0, 0), "MLW102")
    assert judge(ModelFile("m.pkl", b"x"), [finding], Settings(), SELECTED) == Verdict(reported=(finding,))


def test_a_file_without_findings_costs_no_imports() -> None:
    code = (
        "import sys\n"
        "from mlwarden.config.settings import Settings\n"
        "from mlwarden.policy.verdict import judge\n"
        "from mlwarden.source.documents import PythonModule\n"
        "from mlwarden.policy.suppressions import parse\n"
        "module = PythonModule('a.py', 'import torch')\n"
        "judge(module, [], Settings(), frozenset(), suppressions=parse(module, frozenset()))\n"
        "heavy = ['pathspec', 'packaging', 'tomllib', 'json', 'hashlib', 'difflib', 'libcst']\n"
        "heavy += ['mlwarden.policy.suppression_reader', 'mlwarden.policy.comments', 'mlwarden.policy.baseline']\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
