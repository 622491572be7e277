"""Making words of values and words of words, and cutting known text without losing its places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Final

from dtlint.record import record
from dtlint.run.host import names_host
from dtlint.run.word import Piece, Word
from dtlint.source import Span
from dtlint.value import Choice, Items, Term, Text, Trail, Value, text
from dtlint.value.trail import join

BLANKS: Final = " \t\n"
"""What parts words where `IFS` is not set, and what of `IFS` counts as one separator however often it stands there."""
LONGEST = 200_000
"""Characters of one word; a longer one is anything."""


def trails(*several: Trail) -> Trail:
    """All steps in order; most often there is one trail or none."""
    given = [trail for trail in several if trail]
    if len(given) < 2:
        return given[0] if given else ()
    return join(*given)


def of_value(value: Value, at: Span, written: str = "", many: bool = False) -> Word:
    """A word whose content was computed or comes from outside; `at` is used where nothing says where it was written."""
    place = value.trail[0].at if value.trail else at
    if value.is_absent:
        content: str | Value = ""
    elif value.known:
        constant = value.constant
        content = "" if constant is None else str(constant)
    elif isinstance(value.content, Text):
        # Each part for itself, so that what is known of it can be split.
        parts = value.content.parts
        pieces = tuple(Piece(one if isinstance(one, str) else Value(one.content), place) for one in parts)
        return Word(pieces, at, written, value.trail, many)
    else:
        content = Value(value.content)
    empty = isinstance(content, str) and not content
    return Word(() if empty else (Piece(content, place),), at, written, value.trail, many)


def concatenated(words: Sequence[Word], at: Span, written: str) -> Word:
    if len(words) == 1:
        only = words[0]
        return Word(only.pieces, at, written, only.trail)
    pieces = tuple(piece for word in words for piece in word.pieces)
    return Word(pieces, at, written, trails(*[word.trail for word in words]))


def known_text(word: Word) -> str | None:
    """The text that it is, or None; cheaper than its value."""
    pieces = word.pieces
    if word.many:
        return None
    if len(pieces) == 1:
        content = pieces[0].content
        return content if isinstance(content, str) else None
    found: list[str] = []
    for piece in pieces:
        if not isinstance(piece.content, str):
            return None
        found.append(piece.content)
    return "".join(found)


def size(word: Word) -> int:
    return sum(len(piece.content) if isinstance(piece.content, str) else 1 for piece in word.pieces)


def part(piece: Piece, start: int, end: int) -> Piece:
    """The characters `[start, end)` of a known piece."""
    assert isinstance(piece.content, str)
    if start == 0 and end == len(piece.content):
        return piece
    at = Span(piece.at.path, piece.at.start + start, piece.at.start + end) if piece.exact else piece.at
    return Piece(piece.content[start:end], at, piece.exact)


def between(word: Word, start: int, end: int) -> Word:
    """The characters `[start, end)` of a known text."""
    kept: list[Piece] = []
    at = 0
    for piece in word.pieces:
        assert isinstance(piece.content, str)
        left, right = max(start - at, 0), min(end - at, len(piece.content))
        if left < right:
            kept.append(part(piece, left, right))
        at += len(piece.content)
    return Word(tuple(kept), word.at, "", word.trail)


def without_line_ends(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """As command substitution strips them."""
    kept = list(pieces)
    while kept and isinstance(kept[-1].content, str):
        bare = kept[-1].content.rstrip("\n")
        if bare:
            kept[-1] = part(kept[-1], 0, len(bare))
            break
        kept.pop()
    return tuple(kept)


def lines(word: Word) -> tuple[tuple[Word, ...], bool] | None:
    """The lines of a text and whether they are all; None where line ends may be hidden in an unknown."""
    found: list[list[Piece]] = [[]]
    for piece in word.pieces:
        content = piece.content
        if isinstance(content, str):
            at = 0
            while (stop := content.find("\n", at)) >= 0:
                if stop > at:
                    found[-1].append(part(piece, at, stop))
                found.append([])
                at = stop + 1
            if at < len(content):
                found[-1].append(part(piece, at, len(content)))
        elif isinstance(content.content, Items):
            others = [other.content for other in word.pieces if other is not piece]
            if any(not isinstance(other, str) or other.strip("\n") for other in others):
                return None
            members = content.content.items
            listed = tuple(of_value(item.after(word.trail), piece.at) for item in members)
            return listed, content.content.complete
        elif one_line(content):
            found[-1].append(piece)
        else:
            return None
    if not found[-1]:
        found.pop()
    return tuple(Word(tuple(pieces), word.at, "", word.trail) for pieces in found), True


def one_line(value: Value) -> bool:
    """An unknown that is a number, or one of constants without line ends."""
    if isinstance(value.content, Term):
        return value.content.whole() or names_host(value)
    if isinstance(value.content, Choice):
        return all("\n" not in str(option) for option in value.content.options)
    return False


def one_field(value: Value, separators: str) -> bool:
    """An unquoted unknown that is surely one word: a number, a host's name, or one of words without separators."""
    if isinstance(value.content, Term):
        return not separators.strip() and (value.content.whole() or names_host(value))
    if isinstance(value.content, Choice):
        texts = ["" if option is None else str(option) for option in value.content.options]
        return all(text and not any(char in separators for char in text) for text in texts)
    return False


def from_lines(members: Iterable[Word], at: Span) -> Word:
    """The text whose lines these are."""
    pieces: list[Piece] = []
    led: list[Trail] = []
    for member in members:
        pieces.extend(member.pieces)
        pieces.append(Piece("\n", member.at))
        led.append(member.trail)
    return Word(tuple(pieces), at, "", trails(*led))


@record
class Field:
    pieces: tuple[Piece, ...]
    before: bool
    """A separator stands before it."""
    closed: bool
    """A separator that is no blank stands behind it: it is a field, though there may be nothing in it."""


def split(pieces: Sequence[Piece], separators: str) -> Iterator[Field]:
    """The fields of an unquoted text, as `IFS` parts them.

    The last field is empty where the text ends in a separator; an unknown is part of its field.
    """
    separator = re.compile(f"[{re.escape(separators or BLANKS)}]")
    field: list[Piece] = []
    before = False
    closable = True
    """A separator that is no blank ends the field that is being read, and not one that blanks have ended."""
    for piece in pieces:
        if not isinstance(piece.content, str) or not separators:
            field.append(piece)
            continue
        at = 0
        for found in separator.finditer(piece.content):
            if found.start() > at:
                field.append(part(piece, at, found.start()))
            at = found.end()
            hard = found.group() not in BLANKS
            if field or (hard and closable):
                yield Field(tuple(field), before, hard)
                field, closable = [], hard
            else:
                closable = closable or hard
            before = True
        if at < len(piece.content):
            field.append(part(piece, at, len(piece.content)))
    if field or before:
        yield Field(tuple(field), before, False)


def same(left: Word, right: Word) -> bool:
    """The same content, whatever led to it."""
    if left is right:
        return True
    if left.many != right.many:
        return False
    first, second = known_text(left), known_text(right)
    if first is not None or second is not None:
        return first == second
    return text(piece.content for piece in left.pieces).same(text(piece.content for piece in right.pieces))


def unbounded(value: Value) -> bool:
    """An unknown of which nothing is known."""
    if not isinstance(value.content, Term):
        return False
    symbol = value.content.symbol
    return symbol is not None and symbol.low == -inf and symbol.high == inf and not symbol.whole
