"""The result as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.accuracy.compare import Comparison, Place, Row

_HEAD = "| peer's rule | ours | lines | by ours | by default | with ALL | recall, ours | recall, ALL | good | alarms |"
_SUMS = ("lines", "waived", "by_ours", "by_default", "by_all", "good", "alarms", "accepted")


def table(rows: Iterable[Row]) -> str:
    """One line per rule of a peer, and the sums."""
    rows = list(rows)
    whole = [row for row in rows if row.ours and not row.partly]
    lines = [
        _HEAD,
        "| --- | --- |" + " ---: |" * 8,
        *(_line(row) for row in rows),
        _line(_sum("where ours are for the whole matter", whole)),
        _line(_sum("all", rows, partly=True)),
    ]
    return "\n".join(lines) + "\n"


def _sum(title: str, rows: list[Row], partly: bool = False) -> Row:
    total = Row("", title, ("",), partly)
    for row in rows:
        for name in _SUMS:
            setattr(total, name, getattr(total, name) + getattr(row, name))
    return total


def _line(row: Row) -> str:
    cells = [
        f"{row.suite} {row.rule}".strip(),
        ("partly " if row.partly and row.suite else "") + ", ".join(row.ours),
        str(row.lines) + (f" (+{row.waived})" if row.waived else ""),
        str(row.by_ours) if row.ours else "",
        str(row.by_default),
        str(row.by_all),
        _share(row.by_ours, row.lines) if row.ours and not row.partly else "",
        _share(row.by_all, row.lines),
        str(row.good),
        str(row.alarms) + (f" (+{row.accepted})" if row.accepted else ""),
    ]
    return "| " + " | ".join(cells) + " |"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole else ""


def replaced(document: str, text: str) -> str:
    """A document with the text between its marks exchanged.

    Raises:
        ValueError: it has no marks.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the document lacks the marks of the table")
    return f"{before}{begin}\n{text}{end}{after}"


BEGIN = "<!-- the table is made by python -m benchmarks.accuracy -->"
END = "<!-- end of the table -->"


def listing(result: Comparison) -> str:
    """The lines to read, by kind."""
    return "\n".join(
        _places(title, places)
        for title, places in (
            ("Not found by our rules at default settings", result.missed_by_ours),
            ("Not found with --select ALL", result.missed_by_all),
            ("False alarms: found by our rules where the peer is silent", result.alarms),
            ("Accepted: as before, but listed as right in deviations.toml", result.accepted),
            ("Reported though waived", result.reported_though_waived),
            ("Not read by mlwarden", result.unread),
        )
    )


def _places(title: str, places: list[Place]) -> str:
    return f"{title}: {len(places)}\n" + "".join(f"  {place}\n" for place in places)
