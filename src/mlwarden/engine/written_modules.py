"""Python files that a notebook writes: the body of `%%writefile train.py` is a module of its own."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mlwarden.model.findings import Finding
from mlwarden.model.spans import Span
from mlwarden.notebooks.notebook import Notebook
from mlwarden.source.documents import PythonModule

# `%%writefile [-a] train.py`; the name may be quoted. `%%file` is its alias (IPython/core/magics/osm.py).
_PYTHON_FILE = re.compile(r"""\s*(?:-a\s+|--append\s+)?["']?(?P<name>[^\s"']+\.pyi?)["']?\s*""")


@dataclass(frozen=True, slots=True)
class WrittenModule:
    """A module in a cell.

    Attributes:
        module: its text, under the path that it would have beside the notebook.
        cell: the cell's index.
        offset: where the text begins in the cell's source.
    """

    module: PythonModule
    cell: int
    offset: int

    def in_cell(self, finding: Finding) -> Finding:
        """A finding in the module as a finding in the cell."""
        return replace(
            finding,
            span=self._moved(finding.span),
            trace=tuple(
                replace(step, span=self._moved(step.span)) if step.path is None else step for step in finding.trace
            ),
            fixes=tuple(
                replace(fix, edits=tuple(replace(edit, span=self._moved(edit.span)) for edit in fix.edits))
                for fix in finding.fixes
            ),
        )

    def _moved(self, span: Span) -> Span:
        return Span(span.start + self.offset, span.end + self.offset, self.cell)


def written_modules(notebook: Notebook) -> Iterator[WrittenModule]:
    """The Python files that cells of a notebook write as they stand."""
    folder = posixpath.dirname(notebook.path)
    for cell in notebook.cells:
        for magic in cell.magics:
            if magic.kind != "cell" or magic.name not in ("writefile", "file") or magic.body_span is None:
                continue
            named = _PYTHON_FILE.fullmatch(magic.text)
            if named is not None:
                path = posixpath.join(folder, named["name"])
                yield WrittenModule(PythonModule(path, magic.body), cell.index, magic.body_span.start)
