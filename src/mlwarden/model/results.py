"""What a check returns: a partition of findings (nothing disappears) per file, and the whole run."""

from __future__ import annotations

from mlwarden.model.findings import Finding
from mlwarden.model.record import field, record
from mlwarden.model.spans import Span


@record(frozen=True, slots=True)
class Suppression:
    """An inline comment or cell tag by which somebody accepted findings.

    Attributes:
        span: the comment.
        codes: codes or prefixes; empty means every code (a blanket `# noqa`).
        reason: the free text after it, or "".
        origin: "noqa", "ignore", "nosec" or "tag".
    """

    span: Span
    codes: tuple[str, ...]
    reason: str
    origin: str


@record(frozen=True, slots=True)
class Suppressed:
    """A finding and the suppression that covers it."""

    finding: Finding
    suppression: Suppression


@record(frozen=True, slots=True)
class Verdict:
    """A partition of a file's findings; the counts always add up.

    Attributes:
        reported: shown, and what decides the exit status.
        suppressed: accepted inline.
        ignored: dropped by a per-file ignore of the configuration.
        baselined: recorded in the baseline.
        below_threshold: under the asked-for severity or confidence.
        unused_suppressions: comments that suppressed nothing; of a comment that names several codes, the idle codes.
        stale_baseline: fingerprints of the file's baseline entries that recorded more than was found now.
    """

    reported: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    ignored: tuple[Finding, ...] = ()
    baselined: tuple[Finding, ...] = ()
    below_threshold: tuple[Finding, ...] = ()
    unused_suppressions: tuple[Suppression, ...] = ()
    stale_baseline: tuple[str, ...] = ()


@record(frozen=True, slots=True)
class SourceFile:
    """A file as it is on disk or in an editor.

    Attributes:
        path: as it is shown, relative to the working directory where possible, with forward slashes.
        content: its bytes.
    """

    path: str
    content: bytes


@record(frozen=True, slots=True)
class FileResult:
    """The outcome for one file.

    Attributes:
        path: as given.
        verdict: the findings, partitioned.
        failures: internal failures (a rule that crashed), one sentence each; they make the exit status 2.
        content: the bytes that were checked, for reports that show source; `None` where nothing is reported.
    """

    path: str
    verdict: Verdict
    failures: tuple[str, ...] = ()
    content: bytes | None = None


@record(frozen=True, slots=True)
class ScanReport:
    """Everything a report needs; `results` are in path order and hold every checked file."""

    results: tuple[FileResult, ...]
    version: str
    root: str = "."
    stats: dict[str, int] = field(default_factory=dict)
