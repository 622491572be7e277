"""From words as written to words as a command gets them: expansion and splitting, with places kept."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final

from dtlint.facts.shell import Arithmetic, Literal, Parameter, Part, Substitution, Unread
from dtlint.facts.shell import Word as WrittenWord
from dtlint.run.shell import nodes, parameters, patterns
from dtlint.run.shell.words import concatenated, known_text, of_value, one_field, split, trails
from dtlint.run.word import Piece, Word
from dtlint.source import Span
from dtlint.value import Items, Trail, unknown

if TYPE_CHECKING:
    from dtlint.run.shell.machine import Machine

MOST_FIELDS: Final = 1_024
MOST_PARTS: Final = 2_048
_SERIES = re.compile(r"\{(-?\d+)\.\.(-?\d+)(?:\.\.(\d+))?\}\Z", re.ASCII)
_LETTERS = re.compile(r"\{([a-z])\.\.([a-z])\}\Z")
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}\Z")


def single(machine: Machine, word: WrittenWord) -> Word:
    """The word without splitting: the right side of an assignment, a here-document, the subject of `case`."""
    parts = word.parts
    if len(parts) > MOST_PARTS:
        return _too_long(machine, word)
    if len(parts) == 1:
        part = parts[0]
        if isinstance(part, Literal):
            return Word((piece(machine, part),) if part.text else (), word.at, machine.slice(word.at))
        return concatenated([_part(machine, part)], word.at, machine.slice(word.at))
    return concatenated([_part(machine, part) for part in parts], word.at, machine.slice(word.at))


def fields(machine: Machine, word: WrittenWord) -> list[Word]:
    """The arguments that the word becomes: none, one or more."""
    parts = word.parts
    if len(parts) > MOST_PARTS:
        return [_too_long(machine, word)]
    if len(parts) == 1 and isinstance(parts[0], Literal):
        return [_plain(machine, parts[0], word)]
    if any(isinstance(part, Unread) for part in parts):
        alternatives = _braces(word)
        if alternatives is not None:
            return [field for alternative in alternatives for field in fields(machine, alternative)]
    builder = _Fields(machine, word)
    for part in parts:
        builder.add_part(part)
    builder.flush()
    return builder.out if len(builder.out) <= MOST_FIELDS else [_too_long(machine, word)]


def _too_long(machine: Machine, word: WrittenWord) -> Word:
    value = unknown("a long text", key=("long", machine.context.scope, word.at))
    return Word((Piece(value, word.at),), word.at, "", many=True)


def piece(machine: Machine, literal: Literal) -> Piece:
    at = literal.at
    exact = at.end - at.start == len(literal.text)
    if exact and machine.context.nested:
        exact = machine.slice(at) == literal.text
    return Piece(literal.text, at, exact)


def pattern(machine: Machine, word: WrittenWord) -> str | None:
    """The regular expression of a pattern, in which what is quoted stands for itself; None if it is not known."""
    found: list[str] = []
    try:
        for part in word.parts:
            if isinstance(part, Literal):
                found.append(patterns.quoted(part.text) if part.quoted else patterns.translated(part.text))
                continue
            if isinstance(part, Unread):
                found.append(patterns.extended(part.text))
                continue
            text = known_text(_part(machine, part))
            if text is None:
                return None
            found.append(patterns.quoted(text) if part.quoted else patterns.translated(text))
    except ValueError:
        return None
    return "".join(found)


def _plain(machine: Machine, literal: Literal, word: WrittenWord) -> Word:
    text = literal.text
    if not literal.quoted and "*" in text and _globs(text):
        return _files(machine, text, literal.at, word.at)
    if literal.quoted:
        return Word((piece(machine, literal),) if text else (), word.at, machine.slice(word.at))
    return Word((piece(machine, literal),), word.at, text)


def _globs(text: str) -> bool:
    """Files may match; what looks like an option or an assignment is taken as it stands."""
    return "*" in text and not text.startswith("-") and "=" not in text


def _files(machine: Machine, text: str, place: Span, at: Span) -> Word:
    value = unknown(text, key=("files", machine.context.scope, machine.state.directory.string, text))
    return Word((Piece(value, place),), at, text, many=True)


def _part(machine: Machine, part: Part) -> Word:
    if isinstance(part, Literal):
        return Word((piece(machine, part),) if part.text else (), part.at, part.text)
    if isinstance(part, Parameter):
        return parameters.word(machine, part)
    if isinstance(part, Substitution):
        return machine.substitute(part)
    if isinstance(part, Arithmetic):
        return of_value(machine.evaluate(part.expression), part.at)
    value = unknown(part.text, key=("unread", machine.context.scope, part.at))
    return Word((Piece(value, part.at),), part.at, part.text)


class _Fields:
    """Collects pieces into fields."""

    def __init__(self, machine: Machine, word: WrittenWord) -> None:
        self.machine = machine
        self.at = word.at
        self.written = machine.slice(word.at)
        self.out: list[Word] = []
        self.pieces: list[Piece] = []
        self.trails: list[Trail] = []
        self.globbing = False
        """An unquoted part holds a star."""
        self.anchored = False
        """It is surely one word: a part is quoted or known."""

    def add_part(self, part: Part) -> None:
        if isinstance(part, Literal):
            self.globbing = self.globbing or (not part.quoted and "*" in part.text)
            self.add((piece(self.machine, part),) if part.text else (), True, ())
        elif isinstance(part, Parameter) and parameters.is_list(part):
            listed = parameters.words(self.machine, part)
            if part.quoted and parameters.joins(part):
                word = parameters.word(self.machine, part)
                self.add(word.pieces, True, word.trail)
                return
            for count, member in enumerate(listed):
                if count:
                    self.flush()
                if member.many:
                    self.add_many(member)
                elif part.quoted:
                    self.add(member.pieces, True, member.trail)
                else:
                    self.add_split(member)
        else:
            word = _part(self.machine, part)
            if part.quoted or isinstance(part, Arithmetic | Unread):
                self.add(word.pieces, True, word.trail)
            else:
                self.add_split(word)

    def add(self, pieces: tuple[Piece, ...], anchored: bool, trail: Trail) -> None:
        self.pieces.extend(pieces)
        self.trails.append(trail)
        self.anchored = self.anchored or anchored

    def add_many(self, word: Word) -> None:
        if self.pieces or self.anchored:
            self.add(word.pieces, True, word.trail)
            return
        self.out.append(Word(word.pieces, self.at, self.written, word.trail, many=True))

    def add_split(self, word: Word) -> None:
        separators = self.machine.separators()
        if len(word.pieces) == 1 and separators is not None and "\n" in separators:
            content = word.pieces[0].content
            if not isinstance(content, str) and isinstance(content.content, Items):
                self.add_items(content.content, word)
                return
        if separators is None:
            key = ("split", self.machine.context.scope, word.at)
            self.add((Piece(unknown(self.written, key=key), self.at),), False, word.trail)
            return
        for field in split(word.pieces, separators):
            if field.before:
                self.flush()
            sure = field.closed or any(
                isinstance(piece.content, str) or one_field(piece.content, separators) for piece in field.pieces
            )
            self.globbing = self.globbing or any(
                isinstance(piece.content, str) and "*" in piece.content for piece in field.pieces
            )
            self.add(field.pieces, sure, word.trail)

    def add_items(self, listed: Items, word: Word) -> None:
        at = word.pieces[0].at
        for count, item in enumerate(listed.items):
            if count:
                self.flush()
            member = of_value(item, at)
            self.add(member.pieces, True, word.trail)
        if not listed.complete:
            self.flush()
            self.add_many(nodes.rest(self.machine, listed, word))

    def flush(self) -> None:
        if self.globbing and all(isinstance(piece.content, str) for piece in self.pieces):
            text = "".join(piece.content for piece in self.pieces if isinstance(piece.content, str))
            if _globs(text):
                self.out.append(_files(self.machine, text, self.pieces[0].at, self.at))
                self.pieces = []
                self.anchored = False
        if self.pieces or self.anchored:
            trail = trails(*self.trails)
            self.out.append(Word(tuple(self.pieces), self.at, self.written, trail, many=not self.anchored))
        self.pieces, self.trails, self.anchored, self.globbing = [], [], False, False


def _braces(word: WrittenWord) -> list[WrittenWord] | None:
    """The words that brace expansion makes; None without any."""
    choices: list[list[Part]] = []
    found = False
    for part in word.parts:
        options = _options(part.text) if isinstance(part, Unread) else None
        if options is None:
            choices.append([part])
            continue
        found = True
        choices.append([Literal(option, part.at) for option in options])
    if not found:
        return None
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > MOST_FIELDS:
        return None
    return [WrittenWord(tuple(parts), word.at) for parts in itertools.product(*choices)]


def _options(text: str) -> list[str] | None:
    series = _SERIES.match(text)
    if series:
        first, last, step = int(series.group(1)), int(series.group(2)), int(series.group(3) or 1) or 1
        if abs(last - first) // step > MOST_FIELDS:
            return None
        width = max(len(series.group(1)), len(series.group(2)))
        padded = any(re.match(r"-?0\d", series.group(group)) for group in (1, 2))
        numbers = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
        return [str(number).zfill(width) if padded else str(number) for number in numbers]
    letters = _LETTERS.match(text)
    if letters:
        first, last = ord(letters.group(1)), ord(letters.group(2))
        return [chr(code) for code in (range(first, last + 1) if first <= last else range(first, last - 1, -1))]
    listed = _BRACES.match(text)
    return listed.group(1).split(",") if listed else None
