from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlwarden.engine.kept_results import decode, encode
from mlwarden.model.findings import Finding, TraceStep
from mlwarden.model.fixes import Applicability, Fix, TextEdit
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import Suppressed, Suppression, Verdict
from mlwarden.model.spans import Span

text = st.text(max_size=12)
spans = st.builds(
    lambda start, length, cell: Span(start, start + length, cell),
    st.integers(0, 10**9),
    st.integers(0, 99),
    st.none() | st.integers(0, 9),
)
fixes = st.builds(
    Fix, text, st.lists(st.builds(TextEdit, spans, text), max_size=2).map(tuple), st.sampled_from(Applicability), text
)
findings = st.builds(
    Finding,
    text,
    spans,
    text,
    st.sampled_from(Severity),
    st.sampled_from(Confidence),
    st.lists(st.builds(TraceStep, spans, text, st.none() | text), max_size=2).map(tuple),
    st.lists(fixes, max_size=2).map(tuple),
    text,
)
suppressions = st.builds(Suppression, spans, st.lists(text, max_size=2).map(tuple), text, text)


def several(of: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(of, max_size=2).map(tuple)


verdicts = st.builds(
    Verdict,
    several(findings),
    several(st.builds(Suppressed, findings, suppressions)),
    several(findings),
    several(findings),
    several(findings),
    several(suppressions),
    several(text),
)


@given(verdicts, st.booleans())
def test_there_and_back(verdict: Verdict, has_content: bool) -> None:
    found, had_content = decode(encode(verdict, has_content))
    assert (repr(found), had_content) == (repr(verdict), has_content)


def test_nothing_takes_no_room() -> None:
    assert encode(Verdict(), False) == b""
    assert decode(b"") == (Verdict(), False)
