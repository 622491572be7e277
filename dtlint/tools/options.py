"""Command lines: which option got which value, and which words are the program and its arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from dtlint.record import record
from dtlint.run.word import Piece, Word, plain
from dtlint.source import Span
from dtlint.value import How, Step, Value, absent, known, text, unknown
from dtlint.value.trail import join


@record
class Option:
    """`names` as written, the first one naming the option; `values` words follow it (0 for a flag)."""

    names: tuple[str, ...]
    values: int = 1
    optional: bool = False
    """Its value may be left out (`--switch` and `--switch=x`), as in getopt_long."""


def flag(*names: str) -> Option:
    return Option(names, values=0)


def option(*names: str, values: int = 1) -> Option:
    return Option(names, values)


@record
class Spec:
    """How one command reads its options."""

    options: tuple[Option, ...]
    abbreviations: bool = True
    """Unique beginnings of long options are accepted, as argparse and getopt_long do."""
    underscores: bool = False
    """`--nproc-per-node` and `--nproc_per_node` are the same."""
    joined: bool = False
    """Short options may have their value behind them: `-N4`."""
    single_dash: bool = False
    """Long options have one dash (`-np`, Intel MPI's `-genv`), and `=` separates nothing."""
    positional: bool = False
    """An unknown word is the first positional one and no options, as the host of ssh."""
    interspersed: bool = False
    """Options may stand behind positional words too; then all positional words are `rest`."""

    def find(self, name: str) -> Option | None:
        wanted = self._normal(name)
        exact = [known for known in self.options for spelt in known.names if self._normal(spelt) == wanted]
        if exact:
            return exact[0]
        if self.abbreviations and name.startswith("--") and len(name) > 3:
            found = {
                known.names: known
                for known in self.options
                for spelt in known.names
                if spelt.startswith("--") and self._normal(spelt).startswith(wanted)
            }
            if len(found) == 1:
                return next(iter(found.values()))
        return None

    def nearest(self, name: str) -> str:
        """The long option that differs from `name` in one letter, or in where the dashes stand; empty where
        none does, or several do."""
        wanted = self._normal(name)
        if not wanted.startswith("--") or len(wanted) < 7:
            return ""
        near = {
            each.names: spelt
            for each in self.options
            for spelt in reversed(each.names)
            if spelt.startswith("--") and len(spelt) > 6 and _near(wanted, self._normal(spelt))
        }
        return next(iter(near.values())) if len(near) == 1 else ""

    def _normal(self, name: str) -> str:
        return "--" + name[2:].replace("-", "_") if self.underscores and name.startswith("--") else name


def _near(left: str, right: str) -> bool:
    """One letter is missing, added or another, or two neighbours are exchanged; dashes and underscores do not count."""
    left, right = (name.replace("-", "").replace("_", "") for name in (left, right))
    if left == right or sorted((len(left), len(right)))[1] - min(len(left), len(right)) > 1:
        return left == right
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    mine, theirs = left[start:], right[start:]
    exchanged = len(mine) > 1 and mine[:2][::-1] == theirs[:2] and mine[2:] == theirs[2:]
    return mine[1:] == theirs[1:] or mine[1:] == theirs or mine == theirs[1:] or exchanged


@record
class Given:
    """One option as given on a command line."""

    name: str
    """As written."""
    values: tuple[Word, ...]
    at: Span
    """The option and its values where they stand together, else the option."""
    written: str
    home: tuple[Step, ...] = ()
    """The array or the text that spells it out, in whatever file; the assignment that says its value, where one in the
    file of the command does; or the call that does, of a command that hands its arguments on."""
    meant: str = ""
    """Of an option that the command does not have: the one that is spelt nearly so, if there is one alone."""

    def led(self, value: Value) -> Value:
        """A value of it with the steps that lead to it: people mend the assignment, and find the command behind it."""
        behind = [step for step in value.trail if not any(_within(home.at, step.at) for home in self.home)]
        called = any(step.how is How.OPTION for step in self.home)
        here = () if called else (Step(How.OPTION, self.written, self.at),)
        return Value(value.content, join((*self.home, *here), behind))


@record
class Options:
    """The options of one command."""

    given: dict[str, list[Given]] = field(default_factory=dict)
    """By the option's first name, in the order of the command."""
    rest: tuple[Word, ...] = ()
    """The program and its arguments."""
    hidden: tuple[Word, ...] = ()
    """Words that may hold any options (`$EXTRA_ARGS`): what is not given is not surely absent."""
    strange: tuple[Given, ...] = ()
    """Options that the command does not have."""

    def has(self, name: str) -> bool:
        return name in self.given

    def program(self, module: str, alone: str) -> tuple[Word, ...]:
        """The command of one process: under Python, as a module where the option `module` is given, and without Python
        where `alone` is."""
        if not self.rest or self.has(alone):
            return self.rest
        at = self.rest[0].at
        named = (plain("-m", at),) if self.has(module) else ()
        return (plain("python", at), *named, *self.rest)

    def value(self, name: str) -> Value:
        """The last value given for the option `name`; absent if it surely was not given; True for a flag."""
        if name in self.given:
            last = self.given[name][-1]
            return last.led(last.values[0].value if last.values else known(True))
        if self.hidden:
            first = self.hidden[0]
            return unknown(name, key=("hidden option", first.at, name))
        return absent()

    def values(self, name: str) -> list[Value]:
        """All values given for the option, in order."""
        return [given.led(word.value) for given in self.given.get(name, ()) for word in given.values]


def parse(words: Sequence[Word], spec: Spec) -> Options:
    """Options up to the first positional word, which begins `rest`.

    What stands behind a word that may be options or the program counts only if a program follows that is known by its
    name; else that word may be the program, and what follows its arguments.
    """
    reading = _Reading(spec)
    doubt: tuple[int, _Reading] | None = None
    i = 0
    while i < len(words):
        word = words[i]
        if doubt is None and not spec.interspersed and not spec.positional and _is_hidden(word, words[i + 1 :]):
            doubt = (i, reading.copy())
        taken = reading.take(words[i:])
        i += taken
        if not taken:
            break
    if doubt is not None and not reading.confirmed():
        i, reading = doubt
        reading.hidden += words[i:]
        reading.rest += (replace(words[i], many=False), *words[i + 1 :])
    elif not reading.rest and words and not reading.hidden and words[-1].string is None:
        # A command line that ends without its program: the unknown at its end holds more than one word.
        reading.hidden.append(words[-1])
    return Options(reading.given, tuple(reading.rest), tuple(reading.hidden), tuple(reading.strange))


@dataclass(slots=True)
class _Reading:
    """What was read of a command line so far."""

    spec: Spec
    given: dict[str, list[Given]] = field(default_factory=dict)
    rest: list[Word] = field(default_factory=list)
    hidden: list[Word] = field(default_factory=list)
    strange: list[Given] = field(default_factory=list)
    doubted: bool = False
    """An option that the command does not have stands behind a word that may be the program."""

    def copy(self) -> _Reading:
        given = {name: list(each) for name, each in self.given.items()}
        return _Reading(self.spec, given, list(self.rest), list(self.hidden), list(self.strange))

    def confirmed(self) -> bool:
        """The program was found, by a name that only a program has."""
        named = bool(self.rest) and (
            _is_program(self.rest[0]) or any(name in self.given for name in ("-m", "--module"))
        )
        return named and not self.doubted

    def take(self, words: Sequence[Word]) -> int:
        """Read the first of `words` with its values; the number of words read, 0 behind the last option."""
        word, following = words[0], words[1:]
        name, attached = _split(word, self.spec)
        if name is None:
            if not self.spec.positional and _is_hidden(word, following):
                self.hidden.append(word)
                return 1 + (bool(following) and _is_value(following))
            if self.spec.interspersed:
                self.rest.append(word)
                return 1
            self.rest += words
            return 0
        if name == "--":
            self.rest += following
            return 0
        found = self.spec.find(name)
        while found is not None and not found.values and attached is not None and not name.startswith("--"):
            # Letters of several flags in one word, the last perhaps with a value: `-luN4`.
            self._give(found, name, word, ())
            head = _head(attached)
            if not head:
                return 1
            name, attached = f"-{head[0]}", attached.cut(1) if len(attached.pieces) > 1 or head[1:] else None
            found = self.spec.find(name)
        if found is None:
            meant = self.spec.nearest(name)
            self.strange.append(Given(name, (attached,) if attached else (), word.at, word.written, meant=meant))
            self.doubted = self.doubted or bool(self.hidden)
            # Whether an unknown option takes the next word is not known.
            return 1 + (attached is None and bool(following) and _is_value(following))
        if attached is not None:
            self._give(found, name, word, (attached,), attached=True)
            return 1
        values = tuple(following[: found.values]) if found.values and not found.optional else ()
        self._give(found, name, word, values)
        return 1 + len(values)

    def _give(self, found: Option, name: str, word: Word, values: tuple[Word, ...], attached: bool = False) -> None:
        self.given.setdefault(found.names[0], []).append(as_given(name, word, values, attached))
        self.hidden += (value for value in values if _may_be_more_words(value))


def words_of(texts: Iterable[str], at: Span) -> tuple[Word, ...]:
    return tuple(Word((Piece(content, at),), at, content) for content in texts)


def as_given(name: str, word: Word, values: tuple[Word, ...], attached: bool) -> Given:
    """An option in `word`, with its values: behind a sign in the same word (`attached`), or in words of their own."""
    home = _home(word, values[0] if values else word, attached or not values) if len(values) < 2 else ()
    if attached or not values:
        return Given(name, values, word.at, word.written, home)
    last = values[-1]
    together = last.at.path == word.at.path and word.at.end <= last.at.start
    at = Span(word.at.path, word.at.start, last.at.end) if together else word.at
    # Words of one array or variable are all written as its name.
    one = all(value.at == word.at for value in values)
    shown = (part.string or part.written if one else part.written for part in (word, *values))
    return Given(name, values, at, " ".join(shown), home)


def _home(word: Word, value: Word, attached: bool) -> tuple[Step, ...]:
    """Where the option or its value is spelt out: the place in an array or a text of options, which may be that of a
    file that the script sources; or the assignment of its one variable in the file of the command, since a file that
    is sourced may serve other commands as well.  Of a command that hands on what it was called with, the file of the
    call says it.  None where it stands in the command, or is put together there."""
    if not word.pieces:
        return ()
    first, pieces = word.pieces[0], value.pieces
    handed = first.exact and _HANDED_ON.fullmatch(word.written) is not None and not _within(first.at, word.at)
    file = first.at.path if handed else word.at.path
    if len(pieces) == 1 and not _within(pieces[0].at, word.at):
        # What was computed from variables is spelt out nowhere but in the nearest assignment.
        steps = value.trail if pieces[0].exact else value.trail[:1]
        step = _holding(pieces[0], steps, word, file)
        if step is not None and not _within(first.at, step.at):
            return (step,)
    step = _holding(first, word.trail, word, first.at.path) if first.exact else None
    if step is not None:
        parts = [piece for piece in (*word.pieces, *pieces) if _within(piece.at, step.at)]
    elif handed:
        parts = [piece for piece in word.pieces if piece.exact and piece.at.path == file]
        behind = max(piece.at.end for piece in parts)
        beside = (piece.exact and piece.at.path == file and 0 <= piece.at.start - behind < _GAP for piece in pieces)
        # A value that comes from elsewhere, as `$1` does, stands not behind the option.
        parts += pieces if not value.trail and len(pieces) == 1 and all(beside) else ()
    else:
        return ()
    end = max(piece.at.end for piece in parts if piece.at.start >= first.at.start)
    shown = word.value if attached else text((word.value, " ", value.value))
    how = step.how if step is not None else How.OPTION
    return (Step(how, str(shown), Span(first.at.path, first.at.start, end)),)


_HANDED_ON: Final = re.compile(r'"?\$(?:@|\*|\{@(?::\d+)?\})"?')
"""All that a script or a function was called with, or what is left of it."""
_GAP: Final = 16
"""Blanks, quotes and the end of a line between an option and its value."""


def _holding(piece: Piece, steps: Sequence[Step], word: Word, file: str) -> Step | None:
    """The assignment among the steps in which the piece was written, if it is in `file`."""
    step = next((step for step in steps if _within(piece.at, step.at) and piece.at != step.at), None)
    assigned = step is not None and step.how in (How.WRITTEN, How.ENVIRONMENT) and step.at.path == file
    return step if assigned and step is not None and not _within(step.at, word.at) else None


def _within(place: Span, whole: Span) -> bool:
    return place.path == whole.path and whole.start <= place.start and place.end <= whole.end


def _split(word: Word, spec: Spec) -> tuple[str | None, Word | None]:
    """The option's name and the value that stands in the same word, if any; no name for a positional word."""
    head = _head(word)
    if word.many or len(head) < 2 or head[0] != "-":
        return None, None
    known = word.string is not None
    if spec.single_dash and not head.startswith("--"):
        return (head, None) if known else (None, None)
    if spec.joined and not head.startswith("--"):
        return head[:2], None if known and len(head) == 2 else word.cut(2)
    if "=" in head:
        name = head[: head.index("=")]
        return name, word.cut(len(name) + 1)
    return (head, None) if known else (None, None)


def _head(word: Word) -> str:
    """The known text at the word's beginning."""
    texts: list[str] = []
    for piece in word.pieces:
        content = piece.content if isinstance(piece.content, str) else piece.content.string
        if content is None:
            break
        texts.append(content)
    return "".join(texts)


PROGRAMS = frozenset(
    {
        "accelerate", "apptainer", "bash", "conda", "deepspeed", "docker", "env", "horovodrun", "mpiexec", "mpirun",
        "ncu", "nsys", "numactl", "podman", "python", "sh", "singularity", "srun", "taskset", "time", "torchrun",
    }
)  # fmt: skip
"""Names by which a word is known to be a program and no value of an option."""


def _is_program(word: Word) -> bool:
    content = word.string
    if content is None:
        return any(text.endswith((".py", ".sh")) for text in _known_texts(word))
    name = content.rpartition("/")[2]
    return name.endswith((".py", ".sh")) or name in PROGRAMS or name.rstrip("0123456789.") == "python"


def _is_hidden(word: Word, following: Sequence[Word]) -> bool:
    """An unknown word where a program or an option could stand, and that may be options.

    With a known path in it (`$DIR/train.py`) it is a word; as the last word it is the program.
    """
    if word.many:
        return True
    if word.string is not None or _head(word).startswith("-"):
        return False
    if any("/" in content or content.endswith(".py") for content in _known_texts(word)):
        return False
    behind = following[0].string if following else None
    return (behind is not None and behind.startswith("-")) or any(map(_is_program, following))


def _is_value(words: Sequence[Word]) -> bool:
    """Behind an option that is not known: the next word is its value, and not the program."""
    content = words[0].string
    if content is None:
        return not words[0].many and not _is_program(words[0]) and len(words) > 1
    if content.startswith("-") or _is_program(words[0]):
        return False
    return "/" not in content or any(map(_is_program, words[1:]))


def _may_be_more_words(value: Word) -> bool:
    """An option's value in which an unknown stands where a person writes no part of a value: behind the digits of a
    number, or beside another unknown.  It may hold blanks, and options behind them."""
    before: str | None = ""
    for piece in value.pieces:
        content = piece.content if isinstance(piece.content, str) else piece.content.string
        if content is None and (before is None or before.isdigit()):
            return True
        before = content if before is None or content is None else before + content
    return False


def _known_texts(word: Word) -> Iterator[str]:
    return (piece.content for piece in word.pieces if isinstance(piece.content, str))


def text_of(words: Iterable[Word]) -> Value:
    """The words joined by blanks, as a shell's `-c` or ssh sees them."""
    parts: list[str | Value] = []
    for word in words:
        if parts:
            parts.append(" ")
        parts.append(word.value)
    return text(parts)
