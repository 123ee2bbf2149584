from __future__ import annotations

import pytest

from mlwarden.bandit_engine import cwe, generate, infos, page, rule_page, url
from mlwarden.bandit_engine._index import TESTS
from mlwarden.bandit_engine.choices import CHOICES, OVERLAPS
from mlwarden.model.levels import Severity
from mlwarden.model.rule_info import DocumentKind, RuleInfo


def test_what_is_made_from_the_installed_bandit_is_current() -> None:
    assert generate.main(["--check"]) == 0


def test_every_test_has_been_judged_and_nothing_else() -> None:
    assert sorted(CHOICES) == [test.code for test in TESTS]
    assert set(OVERLAPS) <= set(CHOICES)


def test_a_test_that_is_on_says_what_must_occur() -> None:
    assert [code for code, choice in CHOICES.items() if choice.on and not all(choice.words)] == []
    assert [code for code, choice in CHOICES.items() if choice.on and not choice.words] == []


def test_the_entry_of_a_test() -> None:
    assert next(info for info in infos() if info.code == "B507") == RuleInfo(
        code="B507",
        name="ssh_no_host_key_verification",
        summary="Missing host key validation",
        severity=Severity.HIGH,
        module="",
        class_name="",
        kinds=(DocumentKind.PYTHON, DocumentKind.NOTEBOOK),
        triggers=(("set_missing_host_key_policy",),),
        default=True,
    )


def test_the_codes_that_are_on() -> None:
    on = """
        B102 B103 B304 B305 B306 B312 B321 B323 B412 B415 B502 B503 B505 B507 B508 B509 B602 B605 B609 B610 B611
        B612 B613 B703 B704
    """
    assert [info.code for info in infos() if info.default] == on.split()


def test_facts() -> None:
    assert cwe("B301") == (502,)
    assert cwe("B999") == ()
    assert url("B602") == (
        "https://bandit.readthedocs.io/en/latest/plugins/b602_subprocess_popen_with_shell_equals_true.html"
    )
    assert url("B304").endswith("blacklists/blacklist_calls.html#b304-b305-ciphers-and-modes")


def test_the_page_of_a_test() -> None:
    info = next(info for info in infos() if info.code == "B608")
    assert rule_page(info) == (
        "# B608: hardcoded_sql_expressions\n\n"
        "SQL made by formatting a string\n\n"
        "A test of Bandit's, for Python files and the Python cells of notebooks. Severity: up to medium.\n\n"
        "Off by default: takes messages that begin with Select or Delete for SQL; "
        "data-frame code seldom builds any.\n\n"
        'To have it: `--extend-select B608`, or `extend-select = ["B608"]` in the configuration.\n\n'
        "Where one of MLW403, MLW605 reports the same place, only that shows.\n\n"
        "CWE-89\n\n"
        "Bandit's page: https://bandit.readthedocs.io/en/latest/plugins/b608_hardcoded_sql_expressions.html\n"
    )


def test_a_page_for_no_test() -> None:
    with pytest.raises(KeyError):
        page("B999")
