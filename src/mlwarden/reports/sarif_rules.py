"""The rules of a SARIF run: descriptors with help, tags and scores, and the CWE taxonomy they point into."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from mlwarden.model.findings import Finding
from mlwarden.model.levels import Severity
from mlwarden.reports.options import ReportOptions, RuleDetails

LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
# GitHub ranks alerts by this score: over 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, 0.1 to 3.9 low.
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.5"}
# GitHub keeps ten tags of a rule and rejects a file with more than twenty.
_MOST_TAGS = 10
_SEMANTIC_VERSION = re.compile(r"\d+\.\d+\.\d+")
_HOME = "https://github.com/mlwarden/mlwarden"


class Rules:
    """The rules that a run's results belong to, sorted by code."""

    def __init__(self, findings: Iterable[Finding], options: ReportOptions) -> None:
        self._options = options
        self._worst: dict[str, Severity] = {}
        for finding in findings:
            self._worst[finding.code] = max(finding.severity, self._worst.get(finding.code, finding.severity))
        self._codes = sorted(self._worst)
        self._indexes = {code: index for index, code in enumerate(self._codes)}
        self._cwes = sorted({cwe for code in self._codes for cwe in self._details(code).cwe})

    def index(self, code: str) -> int:
        """The rule's place in `tool.driver.rules`."""
        return self._indexes[code]

    def driver(self, version: str) -> dict[str, Any]:
        """The `tool.driver` object."""
        driver: dict[str, Any] = {
            "name": "mlwarden",
            "version": version,
            "informationUri": _HOME,
            "rules": [self._descriptor(self._details(code)) for code in self._codes],
        }
        if _SEMANTIC_VERSION.fullmatch(version):
            driver["semanticVersion"] = version
        if self._cwes:
            driver["supportedTaxonomies"] = [{"name": "CWE", "index": 0}]
        return driver

    def taxonomies(self) -> list[dict[str, Any]]:
        """The CWE entries that the rules name; empty when they name none."""
        if not self._cwes:
            return []
        taxa = [{"id": str(cwe), "helpUri": f"https://cwe.mitre.org/data/definitions/{cwe}.html"} for cwe in self._cwes]
        return [
            {
                "name": "CWE",
                "organization": "MITRE",
                "informationUri": "https://cwe.mitre.org/",
                "shortDescription": {"text": "The MITRE Common Weakness Enumeration"},
                "isComprehensive": False,
                "taxa": taxa,
            }
        ]

    def _details(self, code: str) -> RuleDetails:
        details = self._options.rules.get(code)
        if details is None:
            details = RuleDetails(code, code, code, self._worst[code], self._options.rule_url(code))
        return details

    def _descriptor(self, rule: RuleDetails) -> dict[str, Any]:
        tags = ["security", *(f"external/cwe/cwe-{cwe:03d}" for cwe in rule.cwe), *rule.tags]
        url = self._options.rule_url(rule.code)
        page = rule.page or f"{rule.summary}\n\n{url}"
        descriptor: dict[str, Any] = {
            "id": rule.code,
            "name": rule.name,
            "shortDescription": {"text": rule.summary},
            "fullDescription": {"text": rule.summary},
            "help": {"text": page, "markdown": page},
            "helpUri": url,
            "defaultConfiguration": {"enabled": rule.default, "level": LEVELS[rule.severity]},
            "properties": {"tags": tags[:_MOST_TAGS], "security-severity": _SCORES[rule.severity]},
        }
        if rule.cwe:
            descriptor["relationships"] = [
                {
                    "target": {
                        "id": str(cwe),
                        "index": self._cwes.index(cwe),
                        "toolComponent": {"name": "CWE", "index": 0},
                    },
                    "kinds": ["superset"],
                }
                for cwe in rule.cwe
            ]
        return descriptor
