"""What `echo -e` and `printf` print."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from dtlint.run.shell.words import concatenated, known_text, of_value, part
from dtlint.run.word import Piece, Word
from dtlint.source import Span
from dtlint.value import Value, known

_ESCAPE = re.compile(r"\\([abefnrtv\\0c])")
_ESCAPES: Final = {
    "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "0": "\0",
    "c": "",
}  # fmt: skip
_DIRECTIVE = re.compile(r"%(?:%|([-0 +#]*)(\d*)(?:\.(\d+))?([sdiqb]))")


def unescaped(word: Word) -> Word:
    """With backslash escapes resolved."""
    pieces: list[Piece] = []
    for piece in word.pieces:
        if not isinstance(piece.content, str):
            pieces.append(piece)
            continue
        at = 0
        for found in _ESCAPE.finditer(piece.content):
            if found.start() > at:
                pieces.append(part(piece, at, found.start()))
            pieces.append(Piece(_ESCAPES[found.group(1)], piece.at))
            at = found.end()
        if at < len(piece.content):
            pieces.append(part(piece, at, len(piece.content)))
    return replace(word, pieces=tuple(pieces))


def formatted(words: list[Word], at: Span) -> Word | None:
    """What `printf format words…` prints; None where that is not known."""
    pattern = known_text(words[0])
    rest = words[1:]
    if pattern is None or any(word.many for word in rest):
        return None
    directives = list(_DIRECTIVE.finditer(pattern))
    if pattern.count("%") != sum(found.group().count("%") for found in directives):
        return None
    taking = [found for found in directives if found.group() != "%%"]
    out: list[Word] = []
    first = True
    while first or (rest and taking):
        first = False
        place = 0
        for found in directives:
            out.append(_text(pattern[place : found.start()], at))
            place = found.end()
            if found.group() == "%%":
                out.append(_text("%", at))
                continue
            argument = rest[0] if rest else Word((), at, "")
            rest = rest[1:]
            shown = _shown(argument, found, at)
            if shown is None:
                return None
            out.append(shown)
        out.append(_text(pattern[place:], at))
        if len(out) > 10_000:
            return None
    return concatenated(out, at, "")


def _text(content: str, at: Span) -> Word:
    word = Word((Piece(content, at),) if content else (), at, "")
    return unescaped(word) if "\\" in content else word


def _shown(argument: Word, found: re.Match[str], at: Span) -> Word | None:
    flags, width, precision, letter = found.groups()
    if not flags and not width and precision is None and letter in "sdi":
        text = known_text(argument)
        if letter != "s" and (text is None or not re.match(r"-?\d+\Z", text, re.ASCII)):
            return argument if text is None and argument.value.is_unknown else None
        return argument
    text = known_text(argument)
    if text is None or letter in "qb":
        return None
    try:
        directive = f"%{flags}{width}" + (f".{precision}" if precision is not None else "")
        return of_value(_value(directive + ("s" if letter == "s" else "d"), text, letter).after(argument.trail), at)
    except (ValueError, OverflowError, MemoryError):
        return None


def _value(directive: str, text: str, letter: str) -> Value:
    if len(directive) > 8:
        raise ValueError(directive)
    return known(directive % (text if letter == "s" else int(text or "0")))

