"""Words of a command that keep their places, and the commands that a shell would start."""

from __future__ import annotations

from dataclasses import field

from dtlint.record import record
from dtlint.run.environment import Environment
from dtlint.run.host import Host
from dtlint.source import Span
from dtlint.value import Trail, Value, text
from dtlint.value.trail import join


@record
class Piece:
    """A part of a word: text that is known, or a value that is not."""

    content: str | Value
    at: Span
    """Where the piece was written: for text from a variable, the place in its assignment."""
    exact: bool = False
    """The text stands letter for letter at `at`, so an offset in it is an offset there."""


@record
class Word:
    """One argument, after expansion and splitting."""

    pieces: tuple[Piece, ...]
    at: Span
    """The place in the command; pieces may come from elsewhere."""
    written: str
    """As it stands in the command, such as `--nproc_per_node=$PROCS`."""
    trail: Trail = ()
    """Why the pieces are what they are: assignments and defaults on the way, not the command itself."""
    many: bool = False
    """It may be any number of words, also none: an unquoted unknown, `$@` without known arguments."""

    @property
    def value(self) -> Value:
        return text(piece.content for piece in self.pieces).after(self.trail)

    @property
    def string(self) -> str | None:
        """The text that it is known to be."""
        return None if self.many else self.value.string

    @property
    def head(self) -> str:
        """The text with which it begins, as far as it stands in one piece; empty where that is not known."""
        first = self.pieces[0].content if self.pieces else None
        return first if isinstance(first, str) else ""

    def behind(self, text: str) -> Word:
        """With further text in front."""
        first, *rest = self.pieces or (Piece("", self.at),)
        joined = (Piece(text + first.content, first.at),) if isinstance(first.content, str) else (
            Piece(text, self.at), first
        )  # fmt: skip
        return Word((*joined, *rest), self.at, self.written, self.trail, self.many)

    def cut(self, start: int) -> Word:
        """Without its first `start` characters, which must be known text."""
        kept: list[Piece] = []
        for piece in self.pieces:
            if isinstance(piece.content, str) and start > 0:
                dropped = min(start, len(piece.content))
                start -= dropped
                if dropped == len(piece.content):
                    continue
                at = Span(piece.at.path, piece.at.start + dropped, piece.at.end) if piece.exact else piece.at
                piece = Piece(piece.content[dropped:], at, piece.exact)
            kept.append(piece)
        return Word(tuple(kept), self.at, self.written, self.trail, self.many)


def plain(content: str, at: Span, trail: Trail = ()) -> Word:
    """A word that stands for itself, for what a tool puts into a command line."""
    return Word((Piece(content, at),), at, content, trail)


def valued(value: Value, at: Span) -> Word:
    """A word that a tool makes of a value."""
    content = value.string if value.string is not None else value
    return Word((Piece(content, at),), at, str(value), join(value.trail))


@record
class Branch:
    """One side of a condition that could not be decided."""

    at: Span
    """The whole conditional statement."""
    side: int


@record(eq=False)
class Exec:
    """A command that a shell (or a launcher, or a manifest) would start on a host."""

    argv: tuple[Word, ...]
    environment: Environment
    """What the command finds: exported variables and its own `A=b` prefix."""
    directory: Value
    """Working directory: a path from the workspace root where it starts with `./` or a letter; unknown otherwise."""
    at: Span
    """The whole command."""
    host: Host
    branches: tuple[Branch, ...] = ()
    """Undecided conditions around it: two commands on different sides of one never both run."""
    repeated: bool = False
    """In a loop whose rounds are not known one by one."""
    started: int = 0
    """Counts the commands of one shell run."""
    ended: int | None = None
    """None for a command in the foreground; for one in the background, the count at the `wait` that ends it
    (a very large number where none does)."""
    stdin: Word | None = field(default=None)
    """A here-document or here-string."""
    within: Exec | None = None
    """The command whose shell this one stands in; None in the outermost shell."""

    def line(self) -> tuple[Exec, ...]:
        """The commands around it, outermost first, and itself."""
        return (self,) if self.within is None else (*self.within.line(), self)

    def excludes(self, other: Exec) -> bool:
        """They stand on different sides of one condition."""
        sides = {branch.at: branch.side for exec in self.line() for branch in exec.branches}
        others = (branch for exec in other.line() for branch in exec.branches)
        return any(sides.get(branch.at, branch.side) != branch.side for branch in others)

    def precedes(self, other: Exec) -> bool:
        """The shell in which their ways part starts the other one only when this one has ended."""
        mine, theirs = self.line(), other.line()
        for place, (one, another) in enumerate(zip(mine, theirs, strict=False)):
            if one is not another:
                waited = all(exec.ended is None for exec in mine[place:])
                return waited and one.started < another.started
        return False

    def overlaps(self, other: Exec) -> bool:
        """Both are alive at one time, by the shell in which their ways part; False for tasks of one command."""
        for mine, theirs in zip(self.line(), other.line(), strict=False):
            if mine is not theirs:
                first, second = sorted((mine, theirs), key=lambda exec: exec.started)
                return first.started != second.started and first.ended is not None and first.ended > second.started
        return False
