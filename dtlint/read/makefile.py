"""Makefiles as GNU make reads them: assignments, rules, and the text that shells get.

Source: https://www.gnu.org/software/make/manual/make.html, sections "Reading Makefiles", "Recipe Syntax" and
"Variables".  Not read: `define`, `.RECIPEPREFIX`, `vpath`, and what functions such as `$(eval …)` make.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from dtlint.facts.makefile import Assignment, Computed, Makefile, Part, Plain, Reference, Rule, Shell
from dtlint.source import Source, Span

_ASSIGNMENT: Final = re.compile(
    r"[ \t]*(?P<words>(?:(?:export|override|private)[ \t]+)*)(?P<name>[^\s:#=?+!$]+)[ \t]*"
    r"(?P<operator>:{0,3}=|\?=|\+=|!=)(?:[ \t]|\\\r?\n)*"
)
_EXPORT: Final = re.compile(r"[ \t]*(?P<word>export|unexport)\b(?P<names>[^=:]*)$")
_CONDITION: Final = re.compile(r"[ \t]*(?P<word>ifn?eq|ifn?def|else|endif)\b")
_DEFINE: Final = re.compile(r"[ \t]*(?:(?:export|override)[ \t]+)*define[ \t]+(?P<name>[^\s:=?+!]+)")
_ENDEF: Final = re.compile(r"[ \t]*endef\b")
_INCLUDE: Final = re.compile(r"[ \t]*(?:-include|sinclude|include)\b")
_CONTINUED: Final = re.compile(r"(?<!\\)(?:\\\\)*\\$")
_PREFIX: Final = re.compile(r"[ \t]*[@+-][ \t@+-]*|[ \t]*")
_NAME: Final = re.compile(r"[^\s:#=$(){},]+")
_LINE_END: Final = re.compile(r"\\\r?\n")
_SHELL: Final = re.compile(r"shell[ \t]+")
_LONGEST_CALL: Final = 1_000
_BLANK: Final = re.compile(r"(?:[ \t]|\\\r?\n)*")
_COMMENT: Final = re.compile(r"(?<!\\)#")
_LONGEST: Final = 100_000
"""Characters of one logical line; nobody writes such a command by hand."""


def read(source: Source) -> Makefile:
    """Nothing of a makefile is an error here: what is not understood is left out."""
    return _Reader(source).makefile()


@dataclass(slots=True)
class _Open:
    """A rule whose commands are being read."""

    targets: tuple[str, ...]
    prerequisites: tuple[str, ...]
    at: Span
    conditional: bool
    commands: list[tuple[Part, ...]] = field(default_factory=list)

    def rule(self) -> Rule:
        return Rule(self.targets, self.prerequisites, tuple(self.commands), self.at, self.conditional)


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source, self.text, self.path = source, source.text, source.path
        self.assignments: list[Assignment] = []
        self.rules: list[Rule] = []
        self.exports: set[str] = set()
        self.exports_all = self.one_shell = self.includes = False
        self.depth = 0
        self.rule: _Open | None = None

    def makefile(self) -> Makefile:
        defining = False
        for start, end in self._lines():
            line = self.text[start:end]
            if defining:
                defining = not _ENDEF.match(line)
            elif (definition := _DEFINE.match(line)) is not None:
                at = self._span(start, end)
                self.assignments.append(Assignment(definition["name"], "define", (Computed(at),), at))
                defining = True
            elif line.startswith("\t") and self.rule is not None:
                self._command(start + 1, end)
            else:
                self._line(line, start, end)
        self._close()
        return Makefile(
            self.path,
            tuple(self.assignments),
            tuple(self.rules),
            frozenset(self.exports),
            self.exports_all,
            self.one_shell,
            self.includes,
        )

    def _lines(self) -> Iterator[tuple[int, int]]:
        """Logical lines, without their line ends; one that goes on below is one."""
        number, last = 1, len(self.source.starts)
        while number <= last:
            start = self.source.starts[number - 1]
            line = self.source.line(number)
            while _CONTINUED.search(line) and number < last:
                number += 1
                line = self.source.line(number)
            end = self.source.starts[number - 1] + len(line)
            number += 1
            if end - start <= _LONGEST:
                yield start, end

    def _line(self, line: str, start: int, end: int) -> None:
        condition = _CONDITION.match(line)
        if condition is not None:
            self.depth = max(self.depth + {"else": 0, "endif": -1}.get(condition["word"], 1), 0)
            return
        if not line.strip() or line.lstrip().startswith("#"):
            return
        if _INCLUDE.match(line):
            self.includes = True
            return
        export = _EXPORT.match(line)
        if export is not None:
            self._exported(export)
            return
        assignment = _ASSIGNMENT.match(line)
        if assignment is not None:
            self._close()
            self._assign(assignment, start, end, ())
            return
        self._heading(line, start, end)

    def _exported(self, export: re.Match[str]) -> None:
        names = _COMMENT.split(export["names"])[0].split()
        if export["word"] == "unexport":
            self.exports -= set(names)
        elif names:
            self.exports |= set(names)
        else:
            self.exports_all = True

    def _assign(self, found: re.Match[str], start: int, end: int, targets: tuple[str, ...]) -> None:
        """An assignment that the match finds in the line from `start` on."""
        comment = _COMMENT.search(self.text, start + found.end(), end)
        end = comment.start() if comment is not None else end
        operator = found["operator"]
        self.assignments.append(
            Assignment(
                found["name"],
                ":=" if operator.startswith(":") else operator,
                tuple(self._parts(start + found.end(), end, command=False)),
                self._span(start, start + len(self.text[start:end].rstrip())),
                "export" in found["words"].split(),
                targets,
                self.depth > 0,
                "override" in found["words"].split(),
            )
        )

    def _heading(self, line: str, start: int, end: int) -> None:
        """`targets: prerequisites ; command`, or an assignment for some targets."""
        colon = _outside(line, ":")
        self._close()
        if colon < 0:
            return
        named, behind = _names(line[:colon]), colon + 1 + (line[colon + 1 : colon + 2] == ":")
        if named == (".ONESHELL",):
            self.one_shell = True
            return
        assignment = _ASSIGNMENT.match(line, behind)
        if assignment is not None:
            self._assign(assignment, start, end, named or ("",))
            return
        semicolon = _outside(line, ";", behind)
        needed = line[behind : semicolon if semicolon >= 0 else len(line)]
        comment = _COMMENT.search(needed)
        if comment is not None:
            needed, semicolon = needed[: comment.start()], -1
        needs = _names(_last(needed.replace("\\\n", " ").replace("|", " ")))
        at = self._span(start, start + len(line[:colon]) + 1)
        self.rule = _Open(named, needs, at, self.depth > 0)
        if semicolon >= 0:
            self._command(start + semicolon + 1, end)

    def _command(self, start: int, end: int) -> None:
        assert self.rule is not None
        prefix = _PREFIX.match(self.text, start, end)
        start = prefix.end() if prefix is not None else start
        self.rule.conditional |= self.depth > 0
        if start < end:
            self.rule.commands.append(tuple(self._parts(start, end, command=True)))

    def _close(self) -> None:
        if self.rule is not None:
            self.rules.append(self.rule.rule())
            self.rule = None

    # -- texts

    def _parts(self, start: int, end: int, command: bool) -> Iterator[Part]:
        """The text as make sees it: `$` begins a reference; a line goes on behind a backslash, in a command without the
        tab that follows, elsewhere with one space."""
        text, begun, at = self.text, start, start
        while at < end:
            char = text[at]
            if char == "\\" and (ending := _LINE_END.match(text, at, end)) is not None:
                if command:
                    yield from self._plain(begun, ending.end())
                    at = ending.end() + text.startswith("\t", ending.end())
                else:
                    before = text[begun:at].rstrip(" \t")
                    yield from self._plain(begun, begun + len(before))
                    blank = _BLANK.match(text, ending.end(), end)
                    at = blank.end() if blank is not None else ending.end()
                    yield Plain(" ", self._span(begun + len(before), at), exact=False)
                begun = at
            elif char == "$" and at + 1 < end:
                yield from self._plain(begun, at)
                part, at = self._reference(at, end)
                yield part
                begun = at
            else:
                at += 1
        yield from self._plain(begun, end)

    def _plain(self, start: int, end: int) -> Iterator[Part]:
        if start < end:
            yield Plain(self.text[start:end], self._span(start, end))

    def _reference(self, at: int, end: int) -> tuple[Part, int]:
        """The part that begins with the `$` at `at`, and where it ends."""
        opening = self.text[at + 1]
        if opening == "$":
            return Plain("$", self._span(at, at + 2), exact=False), at + 2
        if opening not in "({":
            return Reference(opening, self._span(at, at + 2)), at + 2
        depth, closing, stop = 1, {"(": ")", "{": "}"}[opening], at + 2
        while stop < end and depth:
            depth += (self.text[stop] == opening) - (self.text[stop] == closing)
            stop += 1
        span = self._span(at, stop)
        called = _SHELL.match(self.text, at + 2, stop - 1)
        if called is not None and not depth and span.end - span.start <= _LONGEST_CALL:
            return Shell(tuple(self._parts(called.end(), stop - 1, command=False)), span), stop
        name = _NAME.fullmatch(self.text, at + 2, stop - 1)
        return (Reference(name.group(), span) if name is not None and not depth else Computed(span)), stop

    def _span(self, start: int, end: int) -> Span:
        return Span(self.path, start, end)


def _outside(line: str, wanted: str, start: int = 0) -> int:
    """Where a character stands that is in no `$(…)`; -1 where none is."""
    depth = 0
    for at in range(start, len(line)):
        if line[at] in "({":
            depth += 1
        elif line[at] in ")}":
            depth -= 1
        elif line[at] == wanted and depth == 0:
            return at
    return -1


def _names(text: str) -> tuple[str, ...]:
    """Targets as they are called; none where a variable or a pattern stands for them."""
    return tuple(name for name in text.split() if "$" not in name and "%" not in name)


def _last(text: str) -> str:
    """Prerequisites of a static pattern rule stand behind a second colon."""
    colon = _outside(text, ":")
    return text[colon + 1 :] if colon >= 0 else text
