"""Do notebooks survive being read and fixed?

usage: python benchmarks/notebook_round_trip.py PATH ... [--jobs N] [--rules CODES | --no-rules]

PATH is a notebook, or a folder with notebooks. Of each one it is asked (`problems_of`):

- The reading: `mlwarden` refuses what Python's own JSON parser refuses or what has no cells, and nothing else; number,
  kinds, sources and execution counts of the cells are what Python's JSON parser says.
- No edits: the bytes are the same.
- Forced edits: in each cell that has a source, a line is put in, and characters within a line are replaced. Python's
  JSON parser must see a notebook that differs in these sources and in nothing else; the bytes must differ only at the
  places concerned; for the second edit that is precisely the escaped characters that were replaced.
- Rules: all rules check the notebook without failures, and all fixes, unsafe ones too, change only what their edits name;
  those of a cell's source stay inside it. nbformat finds no problem afterwards that it did not find before.

Prints every notebook with a problem, and the sums. Exits with 1 if there was a problem.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from mlwarden.config.settings import Settings
from mlwarden.engine.check import check
from mlwarden.fixes.apply import apply, changed_only_inside
from mlwarden.fixes.select import choose
from mlwarden.model.findings import Finding
from mlwarden.model.fixes import Fix, TextEdit
from mlwarden.model.results import SourceFile
from mlwarden.model.rule_info import DocumentKind
from mlwarden.model.spans import Span
from mlwarden.notebooks.edit import apply_edits, to_file_edits
from mlwarden.notebooks.mapping import to_file_span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.notebooks.validate import problems as nbformat_problems
from mlwarden.source.decoding import encode
from mlwarden.source.problems import Problem
from mlwarden.source.router import decode_as, document_of

# Everything that JSON escapes, beyond ASCII and beyond 16 bits too.
NEW_LINE = 'import os  # "\\\t\u00e9\U0001f600"\n'
NEW_WORD = 'os.environ["\u00e9\\"]'


@dataclass(frozen=True, slots=True)
class Report:
    """What was found out about one notebook.

    Attributes:
        problems: one sentence each; none if all is well.
        refused: why it is not read, where that is right.
        edits: forced edits that were made.
        fixes: rules whose fixes were applied, one entry for each fix.
    """

    problems: tuple[str, ...] = ()
    refused: str = ""
    edits: int = 0
    fixes: tuple[str, ...] = ()


def report_of(path: str, content: bytes, settings: Settings | None) -> Report:
    """Ask everything of one notebook; without settings, nothing about rules."""
    document = document_of(path, content, DocumentKind.NOTEBOOK)
    data = parsed(content)
    if isinstance(document, Problem):
        problems = ("is refused: " + document.message,) if data is not None else ()
        return Report(problems, refused=document.message)
    assert isinstance(document, Notebook)
    if data is None:
        return Report(("is read, but Python's JSON parser sees no notebook",))
    problems = [*reading_problems(document, data), *identity_problems(document, content)]
    edits, found = forced_edits(document, content, data)
    problems += found
    fixes: tuple[str, ...] = ()
    if settings is not None:
        fixes, found = rule_problems(document, content, settings)
        problems += found
    return Report(tuple(problems), edits=edits, fixes=fixes)


# --- reading -----------------------------------------------------------------------------------------------------------


def parsed(content: bytes) -> dict[str, Any] | None:
    """What Python's JSON parser sees, or None if that is no notebook."""
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or not ("cells" in data or "worksheets" in data or data.get("nbformat", 4) < 4):
        return None
    return data


def cells_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells of a parsed notebook, of its worksheets before version 4."""
    if (data.get("nbformat", 4) < 4 and "worksheets" in data) or "cells" not in data:
        return [cell for sheet in data.get("worksheets", []) for cell in sheet.get("cells", [])]
    return list(data["cells"])


def key_of_source(data: dict[str, Any], cell: dict[str, Any]) -> str:
    """Under which key the cell has its source."""
    return "input" if data.get("nbformat", 4) < 4 and cell.get("cell_type") == "code" and "input" in cell else "source"


def text_of(data: dict[str, Any], cell: dict[str, Any]) -> str:
    """The cell's source: a string, or a list of lines, which have no ends of their own in version 2."""
    value = cell.get(key_of_source(data, cell), "")
    return value if isinstance(value, str) else ("\n" if data.get("nbformat") == 2 else "").join(value)


def reading_problems(notebook: Notebook, data: dict[str, Any]) -> Iterator[str]:
    """Where our reading and that of Python's JSON parser differ."""
    cells = cells_of(data)
    if len(cells) != len(notebook.cells):
        yield f"has {len(cells)} cells, of which {len(notebook.cells)} are read"
        return
    for cell, raw in zip(notebook.cells, cells, strict=True):
        if cell.source != text_of(data, raw):
            yield f"cell {cell.index + 1}: the source is read wrongly"
        kind = {"heading": "markdown"}.get(raw.get("cell_type", ""), raw.get("cell_type"))
        if cell.kind != (kind if kind in ("code", "markdown") else "raw"):
            yield f"cell {cell.index + 1}: is a {kind} cell and is read as {cell.kind}"
        if cell.execution_count != raw.get("execution_count", raw.get("prompt_number")):
            yield f"cell {cell.index + 1}: the execution count is read wrongly"
        if cell.python and len(cell.python) != len(cell.source):
            yield f"cell {cell.index + 1}: masking the IPython syntax moved something"


# --- edits -------------------------------------------------------------------------------------------------------------


def written(notebook: Notebook, text: str, content: bytes) -> bytes:
    """A changed text in the encoding of the file."""
    return encode(text, decode_as(notebook.kind, content))


def identity_problems(notebook: Notebook, content: bytes) -> Iterator[str]:
    """Whether a notebook without edits is the same bytes, with edits that change nothing as well."""
    if written(notebook, apply_edits(notebook, []), content) != content:
        yield "no edits change bytes"
    nothing = [TextEdit(Span(0, 0, cell.index), "") for cell in notebook.cells]
    same = [
        TextEdit(Span(0, 1, cell.index), cell.source[0])
        for cell in notebook.cells
        if cell.source and not "\ud800" <= cell.source[0] <= "\udfff"
    ]
    if written(notebook, apply_edits(notebook, nothing), content) != content:
        yield "empty edits change bytes"
    changed = apply_edits(notebook, same)
    # A string of the list that ended in the middle of a line is joined with the next one.
    if joined(parsed(written(notebook, changed, content)) or {}) != joined(parsed(content) or {}):
        yield "edits to what was there before change the notebook"


def edits_to_force(notebook: Notebook) -> tuple[list[TextEdit], list[TextEdit]]:
    """For each cell with a source, a new line before one of its lines; and a word instead of characters of a line.

    Where they go is decided by chance, the same for the same notebook.
    """
    lines: list[TextEdit] = []
    words: list[TextEdit] = []
    chance = Random(len(notebook.text))
    for cell in notebook.cells:
        if not cell.source:
            continue
        number = chance.randrange(len(cell.lines.starts))
        start = cell.lines.starts[number]
        lines.append(TextEdit(Span(start, start, cell.index), NEW_LINE))
        end = cell.source.find("\n", start)
        end = len(cell.source) if end < 0 else end
        if end > start:
            first = chance.randrange(start, end)
            last = chance.randrange(first + 1, end + 1)
            words.append(TextEdit(Span(first, last, cell.index), NEW_WORD))
    return lines, words


def forced_edits(notebook: Notebook, content: bytes, data: dict[str, Any]) -> tuple[int, list[str]]:
    """Edit every cell; how many edits there were, and what went wrong."""
    problems: list[str] = []
    lines, words = edits_to_force(notebook)
    for edits, what in ((lines, "a new line"), (words, "a new word")):
        new = apply_edits(notebook, edits)
        in_file = to_file_edits(notebook, edits)
        problems.extend(place_problems(notebook, new, edits, in_file))
        expected = json.loads(json.dumps(data))
        cells = cells_of(expected)
        for edit in edits:
            cell = cells[edit.span.cell or 0]
            before = text_of(data, cell)
            cell[key_of_source(data, cell)] = before[: edit.span.start] + edit.replacement + before[edit.span.end :]
        if joined(parsed(written(notebook, new, content)) or {}) != joined(expected):
            problems.append(f"{what} in each cell changes something else")
        if edits is words:
            exact = [to_file_span(notebook, edit.span) for edit in edits]
            problems += [
                f"a new word in cell {notebook.cells[edit.span.cell or 0].index + 1} replaces too much"
                for edit, span in zip(edits, exact, strict=True)
                if not touches_only(in_file, span, notebook, edit)
            ]
    return len(lines) + len(words), problems


def joined(data: dict[str, Any]) -> dict[str, Any]:
    """The parsed notebook with each source as one string: whether it is a list of lines is not its text."""
    for cell in cells_of(data):
        key = key_of_source(data, cell)
        if key in cell:
            cell[key] = text_of(data, cell)
    return data


def touches_only(in_file: Iterable[TextEdit], span: Span, notebook: Notebook, edit: TextEdit) -> bool:
    """Whether the edit of the file that carries out a cell's edit replaces these characters and no others."""
    cell = notebook.cells[edit.span.cell or 0]
    return [each.span for each in in_file if cell.source_span.contains(each.span)] == [span]


def place_problems(
    notebook: Notebook, new: str, edits: Iterable[TextEdit], in_file: tuple[TextEdit, ...]
) -> Iterator[str]:
    """Whether text changed outside of edits, or edits of a cell's source reach outside of that."""
    if not changed_only_inside(notebook.text, new, in_file):
        yield "text outside of the edits changes"
    raw = {(edit.span, edit.replacement) for edit in edits if edit.span.cell is None}
    sources = [notebook.cells[edit.span.cell].source_span for edit in edits if edit.span.cell is not None]
    for edit in in_file:
        if (edit.span, edit.replacement) not in raw and not any(source.contains(edit.span) for source in sources):
            yield f"the edit of a cell reaches {edit.span} in the file"


# --- rules -------------------------------------------------------------------------------------------------------------


def rule_problems(notebook: Notebook, content: bytes, settings: Settings) -> tuple[tuple[str, ...], list[str]]:
    """Check the notebook and apply one round of all fixes; the codes of the fixes, and what went wrong."""
    result = check(SourceFile(notebook.path, content), settings)
    problems = [f"the check failed: {failure}" for failure in result.failures]
    chosen: list[tuple[Finding, Fix]] = choose(result.verdict.reported, notebook, unsafe=True)
    if not chosen:
        return (), problems
    edits = list(dict.fromkeys(edit for _, fix in chosen for edit in fix.edits))
    new = apply(notebook, [fix for _, fix in chosen])
    problems += place_problems(notebook, new, edits, to_file_edits(notebook, edits))
    changed = written(notebook, new, content)
    after = document_of(notebook.path, changed, DocumentKind.NOTEBOOK)
    if isinstance(after, Problem) or parsed(changed) is None:
        problems.append("cannot be read after the fixes")
    else:
        assert isinstance(after, Notebook)
        touched = {edit.span.cell for edit in edits}
        problems += [
            f"cell {old.index + 1}: the source changes without an edit"
            for old, now in zip(notebook.cells, after.cells, strict=True)
            if old.index not in touched and old.source != now.source
        ]
        before = Counter(nbformat_problems(notebook.text))
        problems += [f"after the fixes: {each}" for each in nbformat_problems(new) if each not in before]
    return tuple(finding.code for finding, _ in chosen), problems


# --- many notebooks ----------------------------------------------------------------------------------------------------


def notebooks_below(paths: Iterable[Path]) -> list[Path]:
    """The notebooks that are named, or stand in the folders that are named; in order."""
    found: set[Path] = set()
    for path in paths:
        inside = path.rglob("*.ipynb") if path.is_dir() else [path]
        found.update(each for each in inside if each.is_file() and not each.is_symlink())
    return sorted(found)


def _report(path: Path, codes: tuple[str, ...]) -> Report:
    settings = Settings(select=codes, root=str(path.parent)) if codes else None
    try:
        return report_of(str(path), path.read_bytes(), settings)
    except Exception as error:  # a crash is what this script looks for
        return Report((f"crash: {type(error).__name__}: {error}",))


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--rules", default="ALL", metavar="CODES")
    parser.add_argument("--no-rules", dest="rules", action="store_const", const="")
    arguments = parser.parse_args(argv)
    files = notebooks_below(arguments.paths)
    codes = tuple(code for code in arguments.rules.split(",") if code)
    start = time.perf_counter()
    size = edits = bad = 0
    refused: list[tuple[Path, str]] = []
    fixes: Counter[str] = Counter()
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for path, report in zip(files, pool.map(_report, files, [codes] * len(files), chunksize=4), strict=True):
            size += path.stat().st_size
            edits += report.edits
            fixes.update(report.fixes)
            if report.refused:
                refused.append((path, report.refused))
            if report.problems:
                bad += 1
                for problem in report.problems:
                    print(f"{path}: {problem}", flush=True)
    for path, reason in refused:
        print(f"{path}: rightly refused: {reason}")
    print(
        f"{len(files)} notebooks, {size / 1e6:.1f} MB: {len(files) - len(refused)} read, {edits} forced edits, "
        f"{sum(fixes.values())} fixes of rules, {bad} notebooks with problems; {time.perf_counter() - start:.0f} s"
    )
    print(", ".join(f"{code} {count}" for code, count in sorted(fixes.items())))
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
