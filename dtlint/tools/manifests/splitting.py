"""A line of a manifest split into words as POSIX shells split, with nothing expanded; each part keeps its place."""

from __future__ import annotations

from dataclasses import dataclass, field

from dtlint.run.word import Piece, Word
from dtlint.source import Span


def split(line: Word) -> tuple[Word, ...]:
    reading = _Reading()
    for piece in line.pieces:
        if isinstance(piece.content, str):
            reading.text(piece, piece.content)
        else:
            reading.add(piece)
    reading.end()
    return tuple(reading.words)


@dataclass(slots=True)
class _Reading:
    words: list[Word] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    quote: str = ""
    open: bool = False
    """A word has begun, which may be empty between quotes."""

    def text(self, piece: Piece, content: str) -> None:
        place = 0
        while place < len(content):
            letter = content[place]
            if self.quote:
                if letter == self.quote:
                    self.quote = ""
                elif letter == "\\" and self.quote == '"' and content[place + 1 : place + 2] in ('"', "\\", "$"):
                    place += 1
                    self.letter(piece, content[place], place)
                else:
                    self.letter(piece, letter, place)
            elif letter in "\"'":
                self.quote, self.open = letter, True
            elif letter == "\\" and place + 1 < len(content):
                place += 1
                if content[place] != "\n":
                    self.letter(piece, content[place], place)
            elif letter.isspace():
                self.end()
            else:
                self.letter(piece, letter, place)
            place += 1

    def letter(self, piece: Piece, letter: str, place: int) -> None:
        at = Span(piece.at.path, piece.at.start + place, piece.at.start + place + 1) if piece.exact else piece.at
        last = self.pieces[-1] if self.pieces else None
        behind = last is not None and last.exact == piece.exact and (not piece.exact or last.at.end == at.start)
        if behind and last is not None and isinstance(last.content, str):
            span = Span(at.path, last.at.start, at.end) if piece.exact else at
            self.pieces[-1] = Piece(last.content + letter, span, piece.exact)
            self.open = True
            return
        self.add(Piece(letter, at, piece.exact))

    def add(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self.open = True

    def end(self) -> None:
        if self.open:
            first, last = (self.pieces[0].at, self.pieces[-1].at) if self.pieces else (None, None)
            at = Span("", 0, 0)
            if first is not None and last is not None:
                at = Span(first.path, first.start, max(first.end, last.end))
            written = "".join(piece.content if isinstance(piece.content, str) else str(piece.content)
                              for piece in self.pieces)  # fmt: skip
            # An unknown that no quotes hold together may be several words.
            many = len(self.pieces) == 1 and not isinstance(self.pieces[0].content, str)
            self.words.append(Word(tuple(self.pieces), at, written, (), many))
        self.pieces, self.open = [], False
