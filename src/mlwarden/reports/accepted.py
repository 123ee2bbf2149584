"""What was found and accepted by somebody: suppressed inline, ignored by configuration, or in the baseline."""

from __future__ import annotations

from collections.abc import Iterator

from mlwarden.model.findings import Finding
from mlwarden.model.record import record
from mlwarden.model.results import FileResult, Suppression


@record(frozen=True, slots=True)
class Accepted:
    """A finding that is not reported.

    Attributes:
        how: "suppressed", "ignored" or "baselined".
        reason: what the author of the suppression wrote, or "".
        suppression: the comment or tag, None for the other two.
    """

    finding: Finding
    how: str
    reason: str = ""
    suppression: Suppression | None = None

    @property
    def why(self) -> str:
        """A phrase for people: `suppressed by noqa: trusted file`."""
        if self.suppression is not None:
            origin = {"tag": "a cell tag", "ignore": "an ignore comment"}.get(
                self.suppression.origin, self.suppression.origin
            )
            return f"suppressed by {origin}" + (f": {self.reason}" if self.reason else "")
        return {"ignored": "ignored by the configuration", "baselined": "recorded in the baseline"}[self.how]


def accepted(result: FileResult) -> Iterator[Accepted]:
    """The accepted findings of a file, each kind in the order of its places."""
    for item in result.verdict.suppressed:
        yield Accepted(item.finding, "suppressed", item.suppression.reason, item.suppression)
    for finding in result.verdict.ignored:
        yield Accepted(finding, "ignored")
    for finding in result.verdict.baselined:
        yield Accepted(finding, "baselined")
