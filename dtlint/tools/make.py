"""`make TARGET NAME=VALUE`: which text the shell of a recipe gets, and in which environment.

Source: https://www.gnu.org/software/make/manual/make.html, sections "Options Summary", "Overriding Variables",
"Variables from the Environment" and "Communicating Variables to a Sub-make".  A target that others need is made first;
whether a file is new enough is not known, so everything is taken for made.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final

from dtlint.facts.makefile import Assignment, Makefile, Part, Plain, Reference, Rule, Shell
from dtlint.record import record
from dtlint.run.environment import Environment
from dtlint.run.files import Files
from dtlint.run.word import Exec, Piece, Word, valued
from dtlint.tools.make_sums import reckoned
from dtlint.tools.options import Given, Option, Spec, flag, option, parse
from dtlint.tools.shells import ShellCommand
from dtlint.value import How, Step, Value, known, unknown
from dtlint.value.trail import Trail, around, join

NAMES: Final = ("GNUmakefile", "makefile", "Makefile")
"""In the order in which GNU make looks for them."""

_COMMAND: Final = re.compile(r"g?make")
_OPTIONS: Final = Spec(
    (
        option("-C", "--directory"), option("-f", "--file", "--makefile"), option("-I", "--include-dir"),
        option("-o", "--old-file", "--assume-old"), option("-W", "--what-if", "--new-file", "--assume-new"),
        Option(("-j", "--jobs"), optional=True), Option(("-l", "--load-average"), optional=True),
        flag("-n", "--just-print", "--dry-run", "--recon"), flag("-q", "--question"),
        flag("-t", "--touch"), flag("-e", "--environment-overrides"), flag("-B", "--always-make"), flag("-d"),
        flag("-i", "--ignore-errors"), flag("-k", "--keep-going"), flag("-s", "--silent", "--quiet"),
        flag("-w", "--print-directory"), flag("--no-print-directory"), flag("-r", "--no-builtin-rules"),
        flag("-R", "--no-builtin-variables"), flag("-S", "--no-keep-going", "--stop"), flag("--trace"),
    ),
    joined=True,
    interspersed=True,
)  # fmt: skip
_ASSIGNS: Final = re.compile(r"(?P<name>[^\s:#=?+!$]+)(?P<operator>:{0,3}=)")
_GIVEN: Final = re.compile(r"(?:^|(?<=\s))([^\s:#=?+!$]+):{0,3}=")
_LEAKS: Final = re.compile(r"\b(?:cd|pushd|export|source|unset|set|exit|exec)\b|(?:^|[ \t])\. |(?<![\w-])\w+=|&\s*$")
"""What one line would leave to the next if one shell read both."""
_WORD: Final = re.compile(r"[\w./:@%+,-]+")
"""Text that a shell reads as it stands."""
_FLAGS: Final = "MAKEFLAGS"
"""The variable in which make hands its command line on to those that its recipes call."""
_DEEPEST: Final = 8
"""Variables that stand for variables, and targets that need targets."""


@record
class Recipe:
    """What a command comes to that calls make."""

    path: str
    """The makefile."""
    exec: Exec
    """The command, with the environment and the folder of the recipe's shells."""
    shell: ShellCommand


def recipe(exec: Exec, command: str, files: Files) -> Recipe | None:
    """What the shells read that `make …` starts; None for another command, and where the makefile, the target or
    whether it runs anything is not known."""
    if not _COMMAND.fullmatch(command):
        return None
    options = parse(exec.argv[1:], _OPTIONS)
    assigned = [word for word in options.rest if _assigned(word)]
    targets = [word.string for word in options.rest if not _assigned(word)]
    if options.has("-j") or options.has("-l"):
        targets = [target for target in targets if target is None or not target.isdigit()]  # `-j 4`
    above = _overridden(exec.environment)
    if above is None or None in targets or any(options.has(name) for name in ("-n", "-q", "-t", "-e")):
        return None
    directory = exec.directory.string
    for given in options.given.get("-C", ()):
        folder = given.values[0].string if given.values else None
        directory = posixpath.normpath(posixpath.join(directory, folder)) if directory is not None and folder else None
    if directory is None:
        return None
    path = _file(options.given.get("-f", ()), directory, files)
    makefile = files.makefile(path) if path is not None else None
    if path is None or makefile is None:
        return None
    making = _Making(makefile, replace(exec, directory=known(directory)), assigned, above)
    pieces: list[Piece] = []
    for target in targets or [_goal(makefile)]:
        made = making.target(target or "")
        if made is None:
            return None
        pieces += made
    if not pieces:
        return None
    text = Word(tuple(pieces), exec.at, "", making.trail)
    inside = replace(making.exec, environment=exec.environment.with_(making.exported()))
    return Recipe(path, inside, ShellCommand(text, None, ()))


def _file(given: Sequence[Given], directory: str, files: Files) -> str | None:
    """The makefile: the one that is named, or the first that is there."""
    names = [word.string for one in given for word in one.values] if given else list(NAMES)
    if given and (len(names) != 1 or names[0] is None):
        return None
    candidates = (posixpath.normpath(posixpath.join(directory, name)) for name in names if name)
    return next((path for path in candidates if files.exists(path) and not files.is_directory(path)), None)


def _assigned(word: Word) -> re.Match[str] | None:
    """`NAME=VALUE`: the name is known, the value need not be."""
    first = word.pieces[0].content if word.pieces else ""
    return _ASSIGNS.match(first) if isinstance(first, str) else None


def _overridden(environment: Environment) -> tuple[str, ...] | None:
    """The variables that the command line of a make above set, which win here too; None where that is not known."""
    if not environment.set(_FLAGS):
        return ()
    flags = environment.get(_FLAGS).string
    return None if flags is None else tuple(_GIVEN.findall(flags.partition(" -- ")[2]))


def _goal(makefile: Makefile) -> str:
    """The first target that is no special one."""
    named = next((one for one in reversed(makefile.assignments) if one.name == ".DEFAULT_GOAL"), None)
    if named is not None:
        return "".join(part.text for part in named.parts if isinstance(part, Plain)).strip()
    return next((name for rule in makefile.rules for name in rule.targets if not name.startswith(".")), "")


@dataclass(slots=True)
class _Variable:
    """What a name stands for: parts that are expanded when it is used, or the text that it has."""

    assignment: Assignment | None
    parts: tuple[Part, ...] = ()
    pieces: tuple[Piece, ...] | None = None


@dataclass(slots=True)
class _Making:
    """One call of make."""

    makefile: Makefile
    exec: Exec
    overrides: list[Word]
    above: tuple[str, ...]
    """Variables that a make above was given."""
    steps: list[Step] = field(default_factory=list)
    variables: dict[str, _Variable] = field(default_factory=dict)
    exports: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    given: frozenset[str] = frozenset()
    """Names that the command line sets, here or above."""
    fixed: set[str] = field(default_factory=set)
    """Names that no assignment changes any more but one with `override`."""
    commanded: set[str] = field(default_factory=set)
    """Names that have what the command line says."""

    def __post_init__(self) -> None:
        for name in self.above:
            self.variables[name] = _Variable(None, pieces=valued(self.exec.environment.get(name), self.exec.at).pieces)
        for word in self.overrides:
            found = _assigned(word)
            if found is not None:
                self.variables[found["name"]] = _Variable(None, pieces=word.cut(found.end()).pieces)
                self.exports.add(found["name"])
                self.steps += word.trail
        self.given = frozenset(self.variables)
        self.fixed |= self.given
        self.commanded |= self.given
        for one in self.makefile.assignments:
            if not one.targets:
                self._assign(one)

    @property
    def trail(self) -> Trail:
        return join(self.steps)

    def exported(self) -> dict[str, Value]:
        """What the recipe's shells find beside the environment of make."""
        names = {*self.exports, *self.makefile.exports}
        if self.makefile.exports_all:
            names |= self.variables.keys()
        names |= {name for name in self.variables if self.exec.environment.set(name)}
        found = {name: self._value(self._text(name)) for name in sorted(names & self.variables.keys())}
        if self.given:
            words = [(Piece(f" {name}=", self.exec.at), *self._text(name)) for name in sorted(self.given)]
            found[_FLAGS] = self._value((Piece(" --", self.exec.at), *chain.from_iterable(words)))
        return found

    def _text(self, name: str) -> tuple[Piece, ...]:
        return tuple(self._named(name, (), None, 0))

    def _value(self, pieces: tuple[Piece, ...]) -> Value:
        why = join(*(around(self.trail, piece.at) for piece in pieces))
        return Word(pieces, pieces[0].at if pieces else self.exec.at, "", why).value

    def target(self, name: str, depth: int = 0) -> list[Piece] | None:
        """The text of all commands that make it; None where that is not known."""
        rules = [rule for rule in self.makefile.rules if name in rule.targets]
        if not rules or depth > _DEEPEST or any(rule.conditional for rule in rules):
            return None if depth == 0 else []
        if name in self.done:
            return []
        self.done.add(name)
        # What is assigned for a target holds for what it needs, too.
        before, own = dict(self.variables), [one for one in self.makefile.assignments if name in one.targets]
        for one in own:
            self._assign_own(one, alone=sum(other.name == one.name for other in own) == 1)
        exports = list(self._exports(own))
        found: list[Piece] = []
        for rule in rules:
            for needed in rule.prerequisites:
                found += self.target(needed, depth + 1) or ()
        for rule in rules:
            found += self._commands(rule, name)
        self.variables = before
        if exports and found:
            return [Piece("(\n", found[0].at), *exports, *found, Piece(")\n", found[-1].at)]
        return found

    def _exports(self, own: Iterable[Assignment]) -> Iterator[Piece]:
        """Lines of shell for what a target exports for itself."""
        everywhere = {*self.exports, *self.makefile.exports}
        for one in own:
            if not (one.exported or one.name in everywhere or self.makefile.exports_all):
                continue
            pieces = self._text(one.name)
            if len(pieces) > 1 or any(isinstance(piece.content, str) for piece in pieces):
                pieces = (self._unknown(one.name, one),)  # several words, which would have to be quoted
            yield from (Piece(f"export {one.name}=", one.at), *pieces, Piece("\n", one.at))

    def _commands(self, rule: Rule, name: str) -> Iterator[Piece]:
        several = len(rule.commands) > 1 and not self.makefile.one_shell
        for command in rule.commands:
            pieces = list(self._expanded(command, (), name, 0))
            if not pieces:
                continue
            apart = several and _LEAKS.search("".join(one.content for one in pieces if isinstance(one.content, str)))
            if apart:
                yield Piece("(\n", pieces[0].at)
            yield from pieces
            yield Piece("\n)\n" if apart else "\n", pieces[-1].at)

    # -- variables

    def _assign(self, one: Assignment) -> None:
        if one.exported:
            self.exports.add(one.name)
        if one.name in self.fixed and not one.override:
            return
        before = self.variables.get(one.name)
        if one.override:
            self.fixed.add(one.name)
            self.commanded.discard(one.name)
        # Whether `override X += y` holds against what follows depends on what is empty by then.
        if one.conditional or one.operator in ("!=", "define") or (one.override and one.operator in ("?=", "+=")):
            self.variables[one.name] = _Variable(one, pieces=(self._unknown(one.name, one),))
        elif one.operator == "?=":
            if before is None:
                self.variables[one.name] = self._default(one)
        elif one.operator == "+=" and before is not None:
            self._append(one, before)
        elif one.operator == ":=":
            self.variables[one.name] = _Variable(one, pieces=tuple(self._expanded(one.parts, (one.name,), None, 0)))
        else:
            self.variables[one.name] = _Variable(one, parts=one.parts)

    def _assign_own(self, one: Assignment, alone: bool) -> None:
        """What a target has for itself: it gives way to the command line alone.  What make has read of other
        assignments by then is not looked at, so what depends on that is unknown; it is `alone` where the target has
        one of that name."""
        if one.name in self.commanded and not one.override:
            return
        sure = one.operator in (":=", "?=", "+=") and all(isinstance(part, Plain) for part in one.parts)
        sure = sure and (one.operator == ":=" or one.name not in self.variables)
        # One that the command line sets and the file overrides has what stood there when make came by.
        sure = (one.operator == "=" or sure) and not (one.name in self.given and one.name not in self.commanded)
        if sure and alone and not one.conditional:
            self.variables[one.name] = _Variable(one, parts=one.parts)
        else:
            self.variables[one.name] = _Variable(one, pieces=(self._unknown(one.name, one),))

    def _append(self, one: Assignment, before: _Variable) -> None:
        """With a space between, unless one of the two is empty."""
        if before.pieces is None:
            space = (Plain(" ", one.at, exact=False),) if before.parts and one.parts else ()
            self.variables[one.name] = _Variable(one, parts=(*before.parts, *space, *one.parts))
            return
        added = tuple(self._expanded(one.parts, (one.name,), None, 0))
        between = (Piece(" ", one.at),) if before.pieces and added else ()
        self.variables[one.name] = _Variable(one, pieces=(*before.pieces, *between, *added))

    def _default(self, one: Assignment) -> _Variable:
        """`NAME ?= value`: what the environment has, else the value, as `${NAME:-value}` in a shell."""
        found, surely = self.exec.environment.get(one.name), self.exec.environment.set(one.name)
        if not found.is_absent and (surely or not found.is_unknown):
            return _Variable(one, pieces=valued(found, one.at).pieces)
        if self.makefile.includes:
            return _Variable(one, pieces=(self._unknown(one.name, one),))
        return _Variable(one, parts=one.parts)

    def _named(self, name: str, within: tuple[str, ...], target: str | None, depth: int) -> Iterator[Piece]:
        """The text of a variable, which stands where it was assigned."""
        variable = self.variables.get(name)
        if variable is None:
            value = self.exec.environment.get(name)
            yield from () if value.is_absent else valued(value, self.exec.at).pieces
            return
        one = variable.assignment
        if one is not None:
            how = How.DEFAULT if one.operator == "?=" else How.WRITTEN
            self.steps.append(Step(how, _shown(one), one.at))
        if variable.pieces is not None:
            yield from _as_one(variable.pieces)
        elif name in within or depth > _DEEPEST:
            yield self._unknown(name, one)
        else:
            yield from _as_one(tuple(self._expanded(variable.parts, (*within, name), target, depth + 1)))

    def _expanded(
        self, parts: Iterable[Part], within: tuple[str, ...], target: str | None, depth: int
    ) -> Iterator[Piece]:
        for part in parts:
            match part:
                case Plain():
                    yield Piece(part.text, part.at, part.exact)
                case Reference(name="MAKE"):
                    yield Piece("make", part.at)
                case Reference(name="@") if target is not None:
                    yield Piece(target, part.at)
                case Reference(name="CURDIR"):
                    yield Piece(self.exec.directory.string or ".", part.at)
                case Reference() if part.name in self.variables or part.name.isidentifier():
                    yield from self._named(part.name, within, target, depth)
                case Shell():
                    command = Word(tuple(self._expanded(part.parts, within, target, depth)), part.at, "").string
                    number = reckoned(command) if command is not None else None
                    shown = unknown("what a shell prints for make", key=("make", part.at))
                    yield Piece(shown if number is None else number, part.at)
                case _:
                    yield Piece(unknown("what make puts there", key=("make", part.at)), part.at)

    def _unknown(self, name: str, one: Assignment | None) -> Piece:
        at = one.at if one is not None else self.exec.at
        return Piece(unknown(f"$({name})", key=("make", at, name)), at)


def _as_one(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The text of a variable: as a value of its own where it is one word for a shell too, so that it keeps the place
    where it was assigned."""
    if len(pieces) == 1 and isinstance(pieces[0].content, str) and _WORD.fullmatch(pieces[0].content):
        return (replace(pieces[0], content=known(pieces[0].content)),)
    return pieces


def _shown(one: Assignment) -> str:
    text = "".join(part.text if isinstance(part, Plain) else "…" for part in one.parts).strip()
    return f"{one.name} {one.operator} {text}"[:80]
