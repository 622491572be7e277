"""Variables, directory and the rest of what a shell has in mind, and what two branches leave of it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace

from dtlint.facts.shell import Function
from dtlint.record import record
from dtlint.run.environment import Environment
from dtlint.run.shell.words import of_value, same
from dtlint.run.word import Branch, Piece, Word
from dtlint.source import Span
from dtlint.value import How, Step, Value, either, unknown
from dtlint.value.trail import join as join_trails

Key = int | str


@record
class Variable:
    """Exactly one of `word` and `entries` is given, or neither: it was unset."""

    word: Word | None = None
    entries: dict[Key, Word] | None = None
    """An array; an entry that is `many` stands for any number of them, and the indices behind it are not known."""
    exported: bool = False
    integer: bool = False
    associative: bool = False

    @property
    def unset(self) -> bool:
        return self.word is None and self.entries is None


@dataclass(slots=True)
class State:
    directory: Value
    arguments: tuple[Word, ...]
    variables: dict[str, Variable] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    shifted: int | None = 0
    """How many arguments were taken from those that are not known; None if that is not known either."""
    branches: tuple[Branch, ...] = ()
    output: tuple[Word, ...] | None = None
    """What was printed, while somebody listens."""
    stdin: Word | None = None
    """What is still to be read, where somebody feeds it."""
    allexport: bool = False
    opened: bool = False
    """A file was sourced that could not be read: it may have set anything."""
    locals: tuple[dict[str, Variable | None], ...] = ()
    """For each function that is being run, what its local names meant before."""
    exports: Environment | None = None
    """The environment that a command gets, while it holds."""

    def copy(self) -> State:
        return State(
            self.directory, self.arguments, dict(self.variables), dict(self.functions), self.shifted, self.branches,
            self.output, self.stdin, self.allexport, self.opened, tuple(dict(names) for names in self.locals),
            self.exports,
        )  # fmt: skip


@record
class Fork:
    """Where states part, for the unknowns that their joining makes."""

    at: Span
    scope: Hashable
    empty: frozenset[str] = frozenset()
    """Names whose being empty decided: what a branch gives them is their default."""
    written: str = ""


def join(left: State, right: State, fork: Fork) -> State:
    """What holds whichever of the two was reached."""
    joined = left.copy()
    for name, other in right.variables.items():
        mine = left.variables.get(name)
        if mine is not other:
            joined.variables[name] = _join_variables(name, mine, other, fork)
    for name, mine in left.variables.items():
        if name not in right.variables:
            joined.variables[name] = _join_variables(name, mine, None, fork)
    for name in left.functions.keys() | right.functions.keys():
        mine_body, other_body = left.functions.get(name), right.functions.get(name)
        if mine_body is not other_body:
            joined.functions.pop(name, None)
            if mine_body is None or other_body is None:
                defined = mine_body or other_body
                assert defined is not None
                joined.functions[name] = defined
    joined.directory = either(left.directory, right.directory, ("directory", fork.scope, fork.at), "the directory")
    joined.arguments = _join_arguments(left.arguments, right.arguments, fork)
    joined.shifted = left.shifted if left.shifted == right.shifted else None
    joined.branches = _common(left.branches, right.branches)
    joined.output = _join_output(left.output, right.output, fork)
    joined.stdin = left.stdin if left.stdin is right.stdin else None
    joined.allexport = left.allexport or right.allexport
    joined.opened = left.opened or right.opened
    joined.exports = left.exports if left.exports is right.exports else None
    joined.locals = tuple({**mine, **other} for mine, other in zip(left.locals, right.locals, strict=False))
    return joined


def _common(left: tuple[Branch, ...], right: tuple[Branch, ...]) -> tuple[Branch, ...]:
    count = 0
    for mine, other in zip(left, right, strict=False):
        if mine != other:
            break
        count += 1
    return left[:count]


def join_words(left: Word, right: Word, fork: Fork, name: str) -> Word:
    if same(left, right):
        return left
    key = ("join", fork.scope, fork.at, name)
    trail = join_trails(left.trail, right.trail)
    if left.many or right.many:
        return of_value(unknown(f"${name}", key=key, trail=trail), left.at, many=True)
    return of_value(either(left.value, right.value, key, f"${name}"), left.at)


def _join_variables(name: str, left: Variable | None, right: Variable | None, fork: Fork) -> Variable:
    exported = bool((left and left.exported) or (right and right.exported))
    integer = bool((left and left.integer) or (right and right.integer))
    if name in fork.empty and (left is None) != (right is None):
        given = left or right
        if given and given.word is not None:
            step = Step(How.DEFAULT, fork.written, fork.at)
            word = replace(given.word, trail=join_trails((step,), given.word.trail))
            return replace(given, word=word, exported=exported)
    if left and right and left.word is not None and right.word is not None:
        return Variable(join_words(left.word, right.word, fork, name), exported=exported, integer=integer)
    if (
        left
        and right
        and left.entries is not None
        and right.entries is not None
        and left.entries.keys() == right.entries.keys()
    ):
        entries = {
            key: join_words(word, right.entries[key], fork, f"{name}[{key}]") for key, word in left.entries.items()
        }
        return Variable(entries=entries)
    given = left or right
    assert given is not None
    value = unknown(f"${name}", key=("join", fork.scope, fork.at, name))
    held = given.word if given.word is not None else next(iter((given.entries or {}).values()), None)
    trail = held.trail if held else ()
    if (left and left.entries is not None) or (right and right.entries is not None):
        return Variable(entries={0: Word((Piece(value, fork.at),), fork.at, "", trail, many=True)})
    return Variable(Word((Piece(value, fork.at),), fork.at, "", trail), exported=exported, integer=integer)


def _join_arguments(left: tuple[Word, ...], right: tuple[Word, ...], fork: Fork) -> tuple[Word, ...]:
    if left is right:
        return left
    if len(left) == len(right):
        return tuple(join_words(a, b, fork, str(i + 1)) for i, (a, b) in enumerate(zip(left, right, strict=True)))
    value = unknown("the arguments", key=("join", fork.scope, fork.at, "@"))
    return (Word((Piece(value, fork.at),), fork.at, "", many=True),)


def same_printed(left: tuple[Word, ...], right: tuple[Word, ...]) -> bool:
    """Nothing was printed between the two."""
    return len(left) == len(right) and all(mine is other for mine, other in zip(left, right, strict=True))


def _join_output(
    left: tuple[Word, ...] | None, right: tuple[Word, ...] | None, fork: Fork
) -> tuple[Word, ...] | None:
    if left is None or right is None or same_printed(left, right):
        return left
    count = 0
    for mine, other in zip(left, right, strict=False):
        if mine is not other:
            break
        count += 1
    rest = tuple(
        Word(tuple(piece for word in side[count:] for piece in word.pieces), fork.at, "",
             join_trails(*(word.trail for word in side[count:])))
        for side in (left, right)
    )  # fmt: skip
    return (*left[:count], join_words(rest[0], rest[1], fork, "(…)"))
