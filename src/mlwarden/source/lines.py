r"""Lines as Python, LSP and editors know them: ended by `\n`, `\r\n` or `\r` and by nothing else.

`str.splitlines` also breaks at `\x0b`, `\x0c`, `\x1c`-`\x1e`, `\x85`, `\u2028` and `\u2029`, which none of them do.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_LINE_END = re.compile(r"\r\n|\r|\n")


class LineIndex:
    """Offsets to lines and columns, and back, for one text."""

    __slots__ = ("starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        starts = [0]
        if "\r" in text:
            starts.extend(match.end() for match in _LINE_END.finditer(text))
        else:
            position = text.find("\n")
            while position >= 0:
                starts.append(position + 1)
                position = text.find("\n", position + 1)
        self.starts = starts

    def __len__(self) -> int:
        """The number of lines; a text that ends with a line end has one more, empty, line."""
        return len(self.starts)

    def line_of(self, offset: int) -> int:
        """The 0-based line that holds `offset`."""
        return bisect_right(self.starts, offset) - 1

    def position(self, offset: int) -> tuple[int, int]:
        """0-based (line, column in code points)."""
        line = self.line_of(offset)
        return line, offset - self.starts[line]

    def offset(self, line: int, column: int) -> int:
        """The offset of a 0-based (line, column); columns past the end of the line are clamped to it."""
        if line >= len(self.starts):
            return len(self.text)
        return min(self.starts[line] + column, self.line_end(line))

    def line_end(self, line: int) -> int:
        """The offset just after the last character of the line, its line end not counted."""
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
        while end > self.starts[line] and self.text[end - 1] in "\r\n":
            end -= 1
        return end

    def line_text(self, line: int) -> str:
        """The line without its line end."""
        return self.text[self.starts[line] : self.line_end(line)]
