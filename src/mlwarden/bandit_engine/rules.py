"""Bandit's tests as rules: what the selection, the reports and the documentation know without importing Bandit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from mlwarden.bandit_engine._index import TESTS
from mlwarden.bandit_engine.choices import CHOICES, OVERLAPS, Choice, Test
from mlwarden.model.rule_info import DocumentKind, RuleInfo

_DOCS = "https://bandit.readthedocs.io/en/latest/"
_NEW = Choice(False, "not judged yet")


def choice(code: str) -> Choice:
    """What was decided about a test."""
    return CHOICES.get(code, _NEW)


def infos() -> tuple[RuleInfo, ...]:
    """One entry for each test, by code.

    `module` is empty: the engine runs them all through `bandit_engine.run`. The names are Bandit's own, as `# nosec`
    comments have them.
    """
    return tuple(
        RuleInfo(
            code=test.code,
            name=test.name,
            summary=test.summary,
            severity=test.severity,
            module="",
            class_name="",
            kinds=(DocumentKind.PYTHON, DocumentKind.NOTEBOOK),
            triggers=choice(test.code).words,
            default=choice(test.code).on,
        )
        for test in TESTS
    )


def can_fire(codes: frozenset[str], texts: Iterable[str], options: Mapping[str, Any]) -> frozenset[str]:
    """The codes whose words occur in one of the texts, or over them all; a cheap test that lets too much through.

    A test that was given options of its own is let through: they may hold names that the words do not know.
    """
    whole = "\n".join(texts)
    stands = cache(lambda word: word in whole)  # many tests have words in common
    return frozenset(
        test.code
        for test in TESTS
        if test.code in codes
        and (
            not (words := choice(test.code).words)
            or test.options in options
            or any(all(map(stands, alternative)) for alternative in words)
        )
    )


def find(code: str) -> Test | None:
    """The test with this id."""
    return next((test for test in TESTS if test.code == code), None)


def url(code: str) -> str:
    """The address of Bandit's own page about a test."""
    test = find(code)
    return _DOCS + (test.page if test else "")


def cwe(code: str) -> tuple[int, ...]:
    """The weaknesses that Bandit names for a test."""
    test = find(code)
    return (test.cwe,) if test and test.cwe else ()


def rule_page(info: RuleInfo) -> str:
    """The page of a test, by its entry."""
    return page(info.code)


def page(code: str) -> str:
    """What `mlwarden rule B602` shows, as Markdown.

    Raises:
        KeyError: if Bandit has no such test.
    """
    test = find(code)
    if test is None:
        raise KeyError(code)
    made = choice(code)
    lines = [
        f"# {code}: {test.name}",
        "",
        test.summary,
        "",
        f"A test of Bandit's, for Python files and the Python cells of notebooks. Severity: up to {test.severity}.",
        "",
        f"{'On' if made.on else 'Off'} by default: {made.why}.",
    ]
    if not made.on:
        lines += ["", f'To have it: `--extend-select {code}`, or `extend-select = ["{code}"]` in the configuration.']
    if code in OVERLAPS:
        ours = ", ".join(f"{c}xx" if len(c) == 4 else c for c in OVERLAPS[code])
        lines += ["", f"Where one of {ours} reports the same place, only that shows."]
    if test.options:
        lines += ["", f"Options: `[tool.bandit.{test.options}]`, as in Bandit."]
    if test.cwe:
        lines += ["", f"CWE-{test.cwe}"]
    return "\n".join([*lines, "", f"Bandit's page: {url(code)}", ""])
