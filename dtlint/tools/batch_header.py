"""Header lines of batch scripts: comments that a scheduler reads as options, `#PBS -l …`, `#BSUB -n 4`."""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.facts.shell import Comment, ShellProgram
from dtlint.run.word import Piece, Word
from dtlint.source import Span


def words(program: ShellProgram, mark: str) -> list[Word]:
    """The words behind `mark` (such as `#PBS`) of all lines that begin with it and a blank."""
    found: list[Word] = []
    for comment in program.comments:
        if comment.text.startswith(mark) and comment.text[len(mark) : len(mark) + 1].isspace():
            found += _line(comment, len(mark))
    return found


def at(program: ShellProgram, mark: str, path: str) -> Span:
    """The first such line."""
    return next((one.at for one in program.comments if one.text.startswith(mark)), Span(path, 0, 0))


def _line(comment: Comment, i: int) -> Iterator[Word]:
    """Blank-separated words of one line, quotes removed, up to a comment."""
    line = comment.text
    while i < len(line):
        if line[i].isspace():
            i += 1
            continue
        if line[i] == "#":
            return
        start, content, quote = i, "", ""
        while i < len(line) and (quote or not line[i].isspace()):
            char = line[i]
            if quote:
                if char == quote:
                    quote = ""
                else:
                    content += char
            elif char in "\"'":
                quote = char
            else:
                content += char
            i += 1
        place = Span(comment.at.path, comment.at.start + start, comment.at.start + i)
        yield Word((Piece(content, place, exact=len(content) == i - start),), place, line[start:i])
