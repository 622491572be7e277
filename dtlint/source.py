"""A text and a place in it: what every finding points at."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of code points `[start, end)` in the file `path`.

    `path` is relative to the workspace root, with forward slashes.
    """

    path: str
    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        return self.path == other.path and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place as people count it: line and column both start at 1, columns in code points."""

    line: int
    column: int


@dataclass(slots=True)
class Source:
    """The decoded text of one file; line ends are kept as they stand in the file."""

    path: str
    text: str
    _starts: list[int] = field(default_factory=list, repr=False)

    @property
    def starts(self) -> list[int]:
        """Offset of the first code point of each line."""
        if not self._starts:
            starts, at = [0], self.text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self._starts = starts
        return self._starts

    def position(self, offset: int) -> Position:
        line = bisect_right(self.starts, offset)
        return Position(line, offset - self.starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of line `number` (from 1) without its line end; empty past the last line."""
        if not 1 <= number <= len(self.starts):
            return ""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].rstrip("\r\n")

    def offset(self, line: int, column: int) -> int:
        """Inverse of `position`; places outside the text move to its nearest end."""
        if line < 1:
            return 0
        if line > len(self.starts):
            return len(self.text)
        return min(self.starts[line - 1] + column - 1, len(self.text))

    def utf16_column(self, offset: int) -> int:
        """Column from 0 in UTF-16 code units, as editors and SARIF viewers count by default."""
        start = self.starts[bisect_right(self.starts, offset) - 1]
        return sum(2 if ord(char) > 0xFFFF else 1 for char in self.text[start:offset])
