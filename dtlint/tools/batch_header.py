"""Header lines of batch scripts: comments that a scheduler reads as options, `#PBS -l …`, `#BSUB -n 4`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dtlint.facts.shell import Comment, ShellProgram, Unparsed
from dtlint.run.word import Piece, Word
from dtlint.source import Span
from dtlint.value.trail import join

NO_HOLES: Mapping[str, Word] = {}


def lines(program: ShellProgram, mark: str, holes: Mapping[str, Word] = NO_HOLES) -> list[tuple[Word, ...]] | None:
    """The words behind `mark` (such as `#PBS`) of each line that a scheduler reads; None where no line has the mark.

    Lines behind the first command are comments: `_get_next_opt` of Slurm's src/sbatch/opt.c; qsub(1) of PBS.  Where a
    shell put the text together, `holes` are the parts that it does not know, by the character that stands for each.
    """
    found = _lines(program, mark)
    if holes:
        found = [tuple(_filled(word, holes) for word in line) for line in found]
    first = _first_command(program)
    return [line for line in found if line[0].at.start < first] if found else None


def words(program: ShellProgram, mark: str) -> list[Word] | None:
    """The same words, one line after the other."""
    found = lines(program, mark)
    return None if found is None else [word for line in found for word in line]


def unread(program: ShellProgram, mark: str) -> tuple[Word, ...]:
    """The first word of each such line that stands behind the first command."""
    first = _first_command(program)
    return tuple(line[0] for line in _lines(program, mark) if line[0].at.start >= first)


def at(program: ShellProgram, mark: str, path: str) -> Span:
    """The first such line."""
    return next((one.at for one in program.comments if one.text.startswith(mark)), Span(path, 0, 0))


def _lines(program: ShellProgram, mark: str) -> list[tuple[Word, ...]]:
    marked = (
        tuple(_line(comment, len(mark)))
        for comment in program.comments
        if comment.text.startswith(mark) and comment.text[len(mark) : len(mark) + 1].isspace()
    )
    return [line for line in marked if line]


def _filled(word: Word, holes: Mapping[str, Word]) -> Word:
    """The word with what stands in its holes."""
    text = word.string or ""
    if holes.keys().isdisjoint(text):
        return word
    pieces: list[Piece] = []
    start = 0
    for i, char in enumerate(text):
        if char in holes:
            pieces += (Piece(text[start:i], word.at), *holes[char].pieces)
            start = i + 1
    pieces.append(Piece(text[start:], word.at))
    kept = tuple(piece for piece in pieces if not isinstance(piece.content, str) or piece.content)
    return Word(kept, word.at, word.written, join(word.trail, *(holes[char].trail for char in text if char in holes)))


def _first_command(program: ShellProgram) -> int:
    """Where the first command begins; behind everything if there is none, or where the script is not all shell, as the
    template of one."""
    whole = not program.problems and not any(isinstance(statement, Unparsed) for statement in program.body)
    return min((statement.at.start for statement in program.body if whole), default=1 << 62)


def _line(comment: Comment, i: int) -> Iterator[Word]:
    """Blank-separated words of one line, quotes removed, up to a comment."""
    line = comment.text
    # Where a shell filled something in, the text and the file have not the same columns.
    written = comment.at.end - comment.at.start == len(line)
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
        place = Span(comment.at.path, comment.at.start + start, comment.at.start + i) if written else comment.at
        yield Word((Piece(content, place, exact=written and len(content) == i - start),), place, line[start:i])
