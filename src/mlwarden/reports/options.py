"""What a report is told beside the findings: what to show, and facts about the rules behind the codes."""

from __future__ import annotations

from collections.abc import Mapping

from mlwarden.model.levels import Severity
from mlwarden.model.record import field, record
from mlwarden.model.rule_info import DOCS_BASE

# Bandit's own tests have no page of ours; this is the index of theirs.
BANDIT_PAGES = "https://bandit.readthedocs.io/en/latest/plugins/index.html"


@record(frozen=True, slots=True)
class RuleDetails:
    """What reports say about a rule.

    Attributes:
        code, name, summary, severity, default: as in `RuleInfo`.
        url: the rule's page.
        page: the page itself, Markdown; "" where it was not asked for.
        cwe: CWE numbers.
        tags: ids in other catalogues, e.g. "owasp-llm/LLM05".
    """

    code: str
    name: str
    summary: str
    severity: Severity
    url: str
    default: bool = True
    page: str = ""
    cwe: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()


@record(frozen=True, slots=True)
class ReportOptions:
    """What to show.

    Attributes:
        show_suppressed: list also what was suppressed inline, ignored by configuration or is in the baseline.
        statistics: end text reports with a count per rule.
        color: use terminal colours (text reports only).
        exit_code: what the run returns; SARIF records it.
        fixed: how many findings this run has mended; None where fixing was not asked for.
        rules: facts by code; a code that is missing is described by itself.
    """

    show_suppressed: bool = False
    statistics: bool = False
    color: bool = False
    exit_code: int = 0
    fixed: int | None = None
    rules: Mapping[str, RuleDetails] = field(default_factory=dict)

    def rule_name(self, code: str) -> str:
        """The rule's name, or the code where it is not known."""
        details = self.rules.get(code)
        return details.name if details else code

    def rule_url(self, code: str) -> str:
        """The address of the rule's page."""
        details = self.rules.get(code)
        if details is not None and details.url:
            return details.url
        return f"{DOCS_BASE}{code}.md" if code.startswith("MLW") else BANDIT_PAGES
