"""The results as JSON and as Markdown."""

from __future__ import annotations

import os
import platform
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.speed.goals import Result, ratio, results

BEGIN, END = "<!-- begin: python -m benchmarks.speed -->", "<!-- end -->"
# The baseline of a section's column of ratios: the first of these that was measured.
_BASELINES = ("Ruff S, cold", "Ruff S, warm", "python -c pass")

Results = dict[str, Any]


def machine() -> dict[str, str]:
    """What it runs on."""
    return {
        "processor": _processor(),
        "processors": str(os.cpu_count()),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    except (ValueError, OSError):
        return "?"


def merged(parts: list[Results]) -> Results:
    """Results of several runs as one; of a section that several have measured, the last one's count."""
    whole: Results = {"machine": {}, "versions": {}, "sections": {}}
    for part in parts:
        for section in part["sections"].values():
            section.setdefault("revision", part["versions"]["mlwarden"])
        for key in whole:
            whole[key].update(part[key])
    return whole


def markdown(found: Results) -> str:
    """All tables."""
    lines = list(_head(found))
    lines += ["", "### Goals", "", *_goals(results(_runs(found)))]
    growing = {name: each for name, each in found["sections"].items() if name.startswith("growth")}
    for name, section in found["sections"].items():
        if name not in growing:
            lines += ["", f"### {section['title']}", "", *_section(section)]
    if growing:
        lines += ["", "### Growth: the same thousand files, laid down side by side", "", *_growth(growing)]
    return "\n".join(lines) + "\n"


def _runs(found: Results) -> dict[str, dict[str, list[list[float]]]]:
    return {
        name: {case: each["runs"] for case, each in section["cases"].items()}
        for name, section in found["sections"].items()
    }


def _head(found: Results) -> Iterator[str]:
    each = found["machine"]
    dates = sorted({section["date"][:10] for section in found["sections"].values()})
    loads = [load for section in found["sections"].values() for load in section["load"]]
    yield (
        f"Measured {' to '.join(dict.fromkeys((dates[0], dates[-1])))} on {each['processors']} processors ({each['processor']}), "
        f"{each['memory']}, {each['system']}, CPython {each['python']}; load average {min(loads):.1f} to {max(loads):.1f}, "
        "of which the runs themselves make 1 to 2."
    )
    yield ""
    sections = found["sections"].values()
    revisions = dict.fromkeys(section.get("revision", found["versions"]["mlwarden"]) for section in sections)
    versions = {**found["versions"], "mlwarden": " and ".join(revisions)}
    yield ", ".join(f"{name} {version}" for name, version in versions.items()) + "."


def _goals(found: list[Result]) -> Iterator[str]:
    yield "| what | on | goal | measured (least to greatest) | rounds | |"
    yield "| --- | --- | ---: | ---: | ---: | --- |"
    for result in found:
        limit = f"{'≥' if result.goal.at_least else '≤'} {result.goal.limit:g}"
        spread = result.found
        value = f"**{_number(spread.median)}** ({_number(spread.least)} to {_number(spread.greatest)})"
        met = "met" if result.is_met else "missed"
        yield f"| {result.goal.text} | {result.section} | {limit} | {value} | {spread.rounds} | {met} |"


def _section(section: dict[str, Any]) -> Iterator[str]:
    cases = section["cases"]
    baseline = next((name for name in _BASELINES if name in cases), "")
    ratios = f" CPU / {baseline} |" if baseline else ""
    yield f"| | CPU s | wall s | peak MiB |{ratios} MB per CPU s | rounds |"
    yield f"| --- | ---: | ---: | ---: |{' ---: |' if baseline else ''} ---: | ---: |"
    for name, case in cases.items():
        runs = case["runs"]
        cpu, wall, peak = (statistics.median(run[column] for run in runs) for column in range(3))
        cells = [name, _number(cpu), _number(wall), f"{peak:.0f}"]
        if baseline:
            cells.append(_number(ratio(runs, cases[baseline]["runs"]).median))
        yield f"| {' | '.join([*cells, _number(section['size'] / 1e6 / cpu), str(len(runs))])} |"
    for note in section["notes"]:
        yield ""
        yield note


def _growth(sections: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "| files | MB | CPU s | CPU ms per MB | wall s | peak MiB |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: |"
    for section in sorted(sections.values(), key=lambda each: int(each["files"])):
        (case,) = section["cases"].values()
        cpu, wall, peak = (statistics.median(run[column] for run in case["runs"]) for column in range(3))
        size = section["size"] / 1e6
        per_size = f"{1000 * cpu / size:.0f}"
        yield f"| {section['files']:,} | {size:.0f} | {_number(cpu)} | {per_size} | {_number(wall)} | {peak:.0f} |"


def _number(value: float) -> str:
    """Three digits that count."""
    return (
        f"{value:,.0f}"
        if value >= 100
        else f"{value:.1f}"
        if value >= 10
        else f"{value:.2f}"
        if value >= 0.1
        else f"{value:.3f}"
    )


def replaced(document: str, text: str) -> str:
    """A document with the text between its marks exchanged.

    Raises:
        ValueError: it has no marks.
    """
    start, end = document.find(BEGIN), document.rfind(END)
    if start < 0 or end < start:
        raise ValueError(f"no line {BEGIN} before a line {END}")
    return f"{document[: start + len(BEGIN)]}\n\n{text}\n{document[end:]}"
