"""`mlwarden check` without gate and cut: every rule runs on every document, every statement is read by libcst.

usage: python benchmarks/ungated.py check ...   (the options of `mlwarden check`; always in one process, without cache)

What the gate and the cut leave out must change no finding. This is the other side of that comparison: see
same_findings.py, which runs it, and relevance.py, which compares file by file in one process.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    del sys.path[0]  # this folder: its files are not meant to be found by what is imported

from mlwarden.cli.main import main
from mlwarden.engine import check
from mlwarden.engine.analysis import Analysis

if TYPE_CHECKING:
    from mlwarden.model.rule_info import RuleInfo


@cache
def ungated(info: RuleInfo) -> RuleInfo:
    """A rule that needs no word in the document."""
    return replace(info, triggers=()) if info.hooks else info


class EngineError(Exception):
    """The engine no longer makes its analyses where they are replaced."""


def run(argv: list[str]) -> int:
    """Run the command line with every analysis replaced by one of everything.

    Raises:
        EngineError: no analysis was replaced, although there was something to check.
    """
    analysed = 0

    def analyse(document: Any, infos: Any, settings: Any, project: Any, **options: Any) -> Analysis:
        nonlocal analysed
        analysed += 1
        return Analysis(document, [ungated(info) for info in infos], settings, project, **{**options, "whole": True})

    vars(check)["Analysis"] = analyse
    try:
        status = main([*argv, "--jobs", "1", "--no-cache"])
    finally:
        vars(check)["Analysis"] = Analysis
    if not analysed:
        raise EngineError("`mlwarden.engine.check` made no analysis: nothing to check, or it is made elsewhere by now")
    return status


if __name__ == "__main__":
    raise SystemExit(run(sys.argv[1:]))
