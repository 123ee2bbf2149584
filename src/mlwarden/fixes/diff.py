"""What fixes would change, as unified diffs: of a file's text as `git apply -p0` reads them, of a notebook by cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlwarden.notebooks.notebook import Cell, Notebook

if TYPE_CHECKING:
    from mlwarden.source.documents import Document

CONTEXT = 3
_NO_END = "\\ No newline at end of file\n"
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def unified_diff(path: str, before: bytes, after: bytes) -> str:
    """The difference between two states of a file; "" where there is none that shows in its text.

    A secret that an edit takes away stands in the diff in full: whoever shows it to somebody masks it first.

    Args:
        path: as it is shown; decides, with the bytes, what kind of document this is.
        before: the file's bytes.
        after: its bytes after the fixes.
    """
    from mlwarden.source.router import shown_document

    return document_diff(shown_document(path, before), shown_document(path, after))


def document_diff(before: Document, after: Document) -> str:
    """The same for documents: of notebooks the cells' sources and outputs, and only what else differs as JSON."""
    if isinstance(before, Notebook) and isinstance(after, Notebook):
        return _notebook_diff(before, after)
    return text_diff(before.path, before.text, after.text)


def text_diff(label: str, before: str, after: str) -> str:
    """A unified diff of two texts with `label` in its heads.

    Only a line feed ends a line of a diff, as for git; a carriage return before it belongs to the line.
    """
    if before == after:
        return ""
    name = _quoted(label)
    return "".join([f"--- {name}\n", f"+++ {name}\n", *_hunks(_lines(before), _lines(after))])


def _notebook_diff(before: Notebook, after: Notebook) -> str:
    if len(before.cells) != len(after.cells):
        return text_diff(before.path, before.text, after.text)
    pieces = []
    for old, new in zip(before.cells, after.cells, strict=True):
        label = f"{before.path}:cell {old.index + 1}"
        pieces.append(text_diff(label, old.source, new.source))
        pieces.append(text_diff(f"{label} (outputs)", _outputs(old), _outputs(new)))
    if _rest(before) != _rest(after):
        pieces.append(text_diff(before.path, before.text, after.text))
    return "".join(pieces)


def _outputs(cell: Cell) -> str:
    """A cell's textual outputs, one under the other."""
    texts = (output.text for output in cell.outputs)
    return "".join(text if text.endswith("\n") else text + "\n" for text in texts if text)


def _rest(notebook: Notebook) -> str:
    """The notebook's JSON without its cells' sources and outputs."""
    pieces = []
    done = 0
    for cell in notebook.cells:
        for span in sorted(span for span in (cell.source_span, cell.outputs_span) if span is not None):
            pieces.append(notebook.text[done : span.start])
            done = max(done, span.end)
    pieces.append(notebook.text[done:])
    return "\0".join(pieces)


# --- lines and hunks -----------------------------------------------------------------------------------------------


def _lines(text: str) -> list[str]:
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _hunks(old: list[str], new: list[str]) -> Iterator[str]:
    """The hunks; what both texts start and end with is cut off first, since finding matches there would be slow."""
    from difflib import SequenceMatcher

    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    matcher = SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end])
    # The context around is equal by construction. Were it matched too, a hunk could end in a change although lines
    # follow in the file, and git takes such a hunk for one at the file's end.
    before, after = min(start, CONTEXT), min(end, CONTEXT)
    middle = [(tag, a + before, b + before, c + before, d + before) for tag, a, b, c, d in matcher.get_opcodes()]
    start, end = start - before, end - after
    old_part, new_part = old[start : len(old) - end], new[start : len(new) - end]
    around = [("equal", len(old_part) - after, len(old_part), len(new_part) - after, len(new_part))] if after else []
    opcodes = [*([("equal", 0, before, 0, before)] if before else []), *middle, *around]
    # `get_grouped_opcodes` asks itself for the opcodes.
    matcher.get_opcodes = lambda: opcodes  # type: ignore[method-assign, assignment, return-value]
    for group in matcher.get_grouped_opcodes(CONTEXT):
        first, last = group[0], group[-1]
        old_range = _range(start + first[1], start + last[2])
        new_range = _range(start + first[3], start + last[4])
        yield f"@@ -{old_range} +{new_range} @@\n"
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                yield from _marked(" ", old_part[old_start:old_end])
                continue
            yield from _marked("-", old_part[old_start:old_end])
            yield from _marked("+", new_part[new_start:new_end])


def _marked(mark: str, lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield mark + line if line.endswith("\n") else f"{mark}{line}\n{_NO_END}"


def _range(start: int, end: int) -> str:
    """Lines `start` to `end` as a hunk's head counts them: an empty range is named by the line before it."""
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _quoted(label: str) -> str:
    """A file name as git writes it: quoted where a character would break the line, marked where it has a space."""
    if any(character < " " or character in '"\\\x7f' for character in label):
        return '"' + "".join(_ESCAPES.get(c, c if c >= " " and c != "\x7f" else f"\\{ord(c):03o}") for c in label) + '"'
    return label + "\t" if " " in label else label
