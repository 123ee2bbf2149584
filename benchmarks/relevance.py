"""Hold the gate and the cut against an analysis of everything, on real code.

usage: python benchmarks/relevance.py DIR [every N-th file]

For each Python file, the findings of all rules with the gate and only the statements that can matter, against the
findings when every statement is read by libcst and no rule is gated. Prints the files that differ, and the work done.
"""

from __future__ import annotations

import gc
import sys
import time
from dataclasses import replace
from pathlib import Path

from mlwarden.config.settings import Settings
from mlwarden.engine.analysis import Analysis
from mlwarden.engine.project import Project
from mlwarden.source.documents import PythonModule
from mlwarden.source.problems import Problem
from mlwarden.source.router import document_of


def main(argv: list[str]) -> int:
    """Compare; returns 1 if anything differs."""
    root = Path(argv[0])
    step = int(argv[1]) if len(argv) > 1 else 1
    files = sorted(root.rglob("*.py"))[::step]
    project = Project()
    settings = Settings(select=("ALL",), root=str(root))
    infos = [info for info in project.enabled(settings) if info.module]
    ungated = [replace(info, triggers=()) if info.hooks else info for info in infos]
    gc.disable()
    seconds = {"gated": 0.0, "whole": 0.0}
    differing = findings = 0
    for number, file in enumerate(files):
        document = document_of(str(file), file.read_bytes())
        if isinstance(document, Problem) or not isinstance(document, PythonModule):
            continue
        start = time.process_time()
        gated = Analysis(document, infos, settings, project)
        middle = time.process_time()
        whole = Analysis(document, ungated, settings, project, whole=True)
        seconds["gated"] += middle - start
        seconds["whole"] += time.process_time() - middle
        findings += len(whole.findings)
        if gated.findings != whole.findings or gated.failures != whole.failures:
            differing += 1
            print(file)
            for finding in set(gated.findings) ^ set(whole.findings):
                side = "only gated" if finding in gated.findings else "only whole"
                line = document.lines.line_of(finding.span.start) + 1
                print(f"  {side}: line {line} {finding.code} {finding.severity} {finding.confidence}")
            for failure in {*gated.failures, *whole.failures}:
                print(f"  {failure}")
        if number % 50 == 0:
            gc.collect()
    print(f"{len(files)} files, {findings} findings, {differing} files differ")
    print(f"cpu seconds: gated {seconds['gated']:.1f}, whole {seconds['whole']:.1f}")
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
