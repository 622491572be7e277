"""Places in a text as editors count them: lines from 0, and columns in the unit that client and server agreed on.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#position
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final

from lsprotocol import types

_LINE_END: Final = re.compile(r"\r\n|\n|\r")


def _utf8(char: str) -> int:
    code = ord(char)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def _utf16(char: str) -> int:
    return 2 if ord(char) > 0xFFFF else 1


def _utf32(char: str) -> int:
    return 1


UNITS: Final[Mapping[str, Callable[[str], int]]] = {
    types.PositionEncodingKind.Utf8.value: _utf8,
    types.PositionEncodingKind.Utf16.value: _utf16,
    types.PositionEncodingKind.Utf32.value: _utf32,
}
"""Code units of a character, by the name of the encoding."""


class Text:
    """A text whose offsets in code points and whose positions lead to each other."""

    def __init__(self, content: str, encoding: str = types.PositionEncodingKind.Utf16.value) -> None:
        self.content = content
        self._units = UNITS[encoding]
        # Only beyond ASCII do units and code points differ, and in UTF-32 not even there.
        self._plain = content.isascii() or self._units is _utf32

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _LINE_END.finditer(self.content))]

    @cached_property
    def _ends(self) -> list[int]:
        """Where each line ends, its line end left out."""
        return [*(found.start() for found in _LINE_END.finditer(self.content)), len(self.content)]

    def position(self, offset: int) -> types.Position:
        """An offset beyond the text is at its end."""
        offset = max(0, min(offset, len(self.content)))
        line = bisect_right(self._starts, offset) - 1
        start = self._starts[line]
        # Between \r and \n there is no position.
        offset = min(offset, self._ends[line])
        if self._plain:
            return types.Position(line, offset - start)
        return types.Position(line, sum(map(self._units, self.content[start:offset])))

    def offset(self, position: types.Position) -> int:
        """A position beyond the end of its line is at that end, one within a character at its start."""
        if position.line < 0:
            return 0
        if position.line >= len(self._starts):
            return len(self.content)
        start, end = self._starts[position.line], self._ends[position.line]
        wanted = max(0, position.character)
        if self._plain:
            return min(start + wanted, end)
        for at in range(start, end):
            wanted -= self._units(self.content[at])
            if wanted < 0:
                return at
        return end

    def range(self, start: int, end: int) -> types.Range:
        return types.Range(self.position(start), self.position(end))

    def changed(self, change: types.TextDocumentContentChangeEvent) -> Text:
        """With one change of an editor made; a range that is the wrong way round counts as the other way round."""
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            return self._like(change.text)
        start, end = sorted((self.offset(change.range.start), self.offset(change.range.end)))
        return self._like(self.content[:start] + change.text + self.content[end:])

    def _like(self, content: str) -> Text:
        text = Text.__new__(Text)
        text.content = content
        text._units = self._units
        text._plain = content.isascii() or self._units is _utf32
        return text


class Shift:
    """From offsets of a text to those of a later one: what stands before and behind the difference keeps its place."""

    def __init__(self, before: str, after: str) -> None:
        shortest = min(len(before), len(after))
        head = 0
        while head < shortest and before[head] == after[head]:
            head += 1
        tail = 0
        while tail < shortest - head and before[-1 - tail] == after[-1 - tail]:
            tail += 1
        self._head, self._tail = head, len(before) - tail
        self._end = len(after) - tail

    def __call__(self, offset: int) -> int:
        if offset <= self._head:
            return offset
        if offset >= self._tail:
            return offset - self._tail + self._end
        return min(offset, self._end)
