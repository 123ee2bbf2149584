from __future__ import annotations

import json

import pytest

from mlwarden.cli.main import main
from mlwarden.rules.registry import every_rule, rule_page

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("word", ["MLW102", "mlw102", "torch-load-default"])
def test_a_rule_by_code_or_name(word: str, capsys: Capture) -> None:
    assert main(["rule", word]) == 0
    assert capsys.readouterr().out == rule_page("MLW102")


def test_one_of_bandits_tests(capsys: Capture) -> None:
    assert main(["rule", "B301"]) == 0
    assert capsys.readouterr().out.startswith("# B301")


def test_a_rule_for_programs(capsys: Capture) -> None:
    assert main(["rule", "MLW102", "--output-format", "json"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert entry.pop("page") == rule_page("MLW102")
    assert entry.pop("summary")
    assert entry == {
        "code": "MLW102",
        "name": "torch-load-default",
        "severity": "high",
        "kinds": ["python", "notebook"],
        "default": True,
        "fixable": True,
        "cwe": [502],
        "tags": ["owasp-llm/LLM03", "owasp-ml/ML06", "atlas/AML.T0011.000"],
        "url": "https://github.com/mlwarden/mlwarden/blob/main/docs/rules/MLW102.md",
    }


def test_all_rules(capsys: Capture) -> None:
    codes = [info.code for info in every_rule()]
    assert main(["rule", "--all", "--output-format", "json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["code"] for entry in entries] == codes
    assert all(entry["page"] and entry["url"].startswith("https://") for entry in entries)
    assert main(["rule", "--all"]) == 0
    out = capsys.readouterr().out
    assert [page.split()[1].strip(":") for page in out.split("\n\n---\n\n")] == codes


def test_a_page_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["rule", "MLW102"]) == 0
    assert "\x1b[" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give a rule's code, or --all"),
        (["MLW102", "--all"], "give a rule's code, or --all"),
        (["MLW1O2"], "unknown rule 'MLW1O2' (did you mean 'MLW102'?); mlwarden rule --all lists them"),
        (["zzzzzz"], "unknown rule 'zzzzzz'; mlwarden rule --all lists them"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, capsys: Capture) -> None:
    assert main(["rule", *arguments]) == 2
    assert capsys.readouterr() == ("", f"mlwarden: error: {message}\n")
