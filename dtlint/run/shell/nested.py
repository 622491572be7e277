"""Text that was put together, read as a program, with every place kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace

from dtlint.facts.shell import ShellProgram
from dtlint.read.shell import parse
from dtlint.record import record
from dtlint.run.word import Piece, Word
from dtlint.source import Span
from dtlint.value import Trail
from dtlint.value.trail import around, join

FIRST_HOLE = 0xE000
MOST_HOLES = 0xF8FF - 0xE000 + 1
LONGEST_CHAIN = 32
"""Pieces of one word beyond which nobody wants to know where each came from."""


@record
class Nested:
    program: ShellProgram
    holes: tuple[Word, ...]
    steps: Mapping[Span, Trail]
    """Why the text at a place of the program is what it is, where it came from elsewhere."""

    @property
    def by_character(self) -> Mapping[str, Word]:
        """The holes by the characters that stand for them, for whoever reads comments."""
        return {chr(FIRST_HOLE + number): hole for number, hole in enumerate(self.holes)}


def nested(word: Word) -> Nested | None:
    """The program whose text the word is; None where it has too many unknowns."""
    text: list[str] = []
    starts: list[int] = []
    places: list[Piece] = []
    holes: list[Word] = []
    steps: dict[Span, Trail] = {}
    length = 0

    def add(content: str, piece: Piece) -> None:
        nonlocal length
        text.append(content)
        starts.append(length)
        places.append(piece)
        length += len(content)

    for piece in word.pieces:
        if isinstance(piece.content, str):
            content = piece.content
            if any("\ue000" <= char <= "\uf8ff" for char in content):
                # A private-use character of the file itself would be taken for a hole.
                content = "".join("?" if "\ue000" <= char <= "\uf8ff" else char for char in content)
            if content:
                add(content, piece)
        else:
            if len(holes) == MOST_HOLES:
                return None
            add(chr(FIRST_HOLE + len(holes)), piece)
            # One whose text is known is a word of a variable: what it is stays apart from where it is used.
            known_text = piece.content.string
            held = piece if known_text is None else Piece(known_text, piece.at, piece.exact)
            holes.append(Word((held,), piece.at, "", around(word.trail, piece.at)))

    def locate(start: int, end: int) -> Span:
        if not places:
            return word.at
        first = max(bisect_right(starts, start) - 1, 0)
        last = max(bisect_right(starts, max(end - 1, start)) - 1, 0)
        at = _located(places, starts, first, last, start, end)
        if word.trail and last - first < LONGEST_CHAIN:
            found = join(*(around(word.trail, piece.at) for piece in places[first : last + 1]))
            if found:
                steps[at] = found
        return at

    joined = "".join(text)
    path = places[0].at.path if places else word.at.path
    return Nested(parse(joined, locate, path), tuple(holes), steps)


def _located(places: list[Piece], starts: list[int], first: int, last: int, start: int, end: int) -> Span:
    """Where the text `[start, end)` stands, which the pieces from `first` to `last` make up."""
    piece, final = places[first], places[last]
    if not piece.exact:
        return piece.at
    begin = piece.at.start + start - starts[first]
    if final.exact and final.at.path == piece.at.path and final.at.start >= piece.at.start:
        return Span(piece.at.path, begin, final.at.start + end - starts[last])
    return Span(piece.at.path, begin, _resumed(places[last + 1 :], piece.at) or piece.at.end)


def _resumed(places: list[Piece], before: Span) -> int | None:
    """Where the text goes on behind parts that came from elsewhere: what they replaced ends there."""
    for piece in places:
        if piece.exact and piece.at.path == before.path and piece.at.start >= before.end:
            return piece.at.start
    return None


def explained(word: Word, steps: Mapping[Span, Trail]) -> Word:
    """The word of a string that was handed over, with the steps that stand for its parts."""
    if not steps:
        return word
    found = [step for at in (word.at, *(piece.at for piece in word.pieces)) for step in steps.get(at, ())]
    return replace(word, trail=join(word.trail, found)) if found else word
