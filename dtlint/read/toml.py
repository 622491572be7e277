"""TOML with spans: dotted keys, inline tables and arrays of tables come out as one tree.

Written by hand and not on a grammar, so that a broken line costs that line.  Whether the file is valid at all, the
standard library's parser says.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NoReturn

from dtlint.facts.document import Document, Entry, Hole, Leaf, Listing, Mapping, Node
from dtlint.facts.problem import Problem
from dtlint.read.template import is_template, templates
from dtlint.source import Source, Span

DEEPEST: Final = 100
"""Levels of nesting; whoever walks the document may recurse."""

_SPACE: Final = re.compile(r"[ \t]*")
_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*+")
_KEY: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*'""")
# Not possessive: with a look-ahead within, Python 3.11.2 then loses what was matched (seen).  No text can be taken
# apart in two ways here.
_STRING: Final = re.compile(
    r'''"{3}(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}|'{3}(?:[^']|'{1,2}(?!'))*'{3,5}|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*\''''
)
_BARE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ ][0-9][0-9:.Z+-]*|[^\s,\]}#=\[{\"']+")
_PLACE: Final = re.compile(r"\(at line ([0-9]+), column ([0-9]+)\)")


def read(source: Source) -> Document:
    """One mapping; dates and times stay text.  A line that is broken is left out, and its table is incomplete."""
    reader = _Reader(source)
    reader.run()
    root = reader.root.node(source.path)
    if reader.problems:
        problems = tuple(reader.problems)
    elif reader.templated:
        problems = ()
    else:
        problems = _validated(source)
        if problems and root.complete:
            root = Mapping(root.entries, root.at, False)
    return Document(source.path, "toml", (root,), problems)


def _validated(source: Source) -> tuple[Problem, ...]:
    try:
        tomllib.loads(source.text)
    except (tomllib.TOMLDecodeError, ValueError) as error:
        message = str(error)
        found = _PLACE.search(message)
        at = source.offset(int(found.group(1)), int(found.group(2))) if found else len(source.text)
        reason = message[: found.start()].rstrip() if found else message.removesuffix(" (at end of document)")
        reason = reason[:1].lower() + reason[1:]
        return (Problem(f"not valid TOML: {reason}", Span(source.path, at, min(at + 1, len(source.text)))),)
    except RecursionError:
        return (Problem("nested too deep", Span(source.path, 0, 0)),)
    return ()


@dataclass(slots=True)
class _Table:
    """A table that lines further down may still add to."""

    start: int
    end: int
    members: list[tuple[str, Span, Node | _Table | _Tables]] = field(default_factory=list)
    last: dict[str, Node | _Table | _Tables] = field(default_factory=dict)
    complete: bool = True

    def add(self, key: str, at: Span, member: Node | _Table | _Tables) -> None:
        self.members.append((key, at, member))
        self.last[key] = member

    def node(self, path: str) -> Mapping:
        entries = []
        for key, at, member in self.members:
            entries.append(Entry(key, at, member.node(path) if isinstance(member, _Table | _Tables) else member))
        return Mapping(tuple(entries), Span(path, self.start, self.end), self.complete)


@dataclass(slots=True)
class _Tables:
    """An array of tables."""

    tables: list[_Table]

    def node(self, path: str) -> Listing:
        items = tuple(table.node(path) for table in self.tables)
        return Listing(items, Span(path, items[0].at.start, items[-1].at.end))


class _BrokenLine(Exception):  # noqa: N818 - no error of the program: it ends the reading of a line
    pass


class _NestingError(Exception):
    pass


@lru_cache(maxsize=4096)
def _typed(written: str) -> str | int | float | bool | None:
    """The value of a scalar; None for what is none.  TOML has no null."""
    try:
        value = tomllib.loads(f"x = {written}")["x"]
    except (tomllib.TOMLDecodeError, ValueError):
        return None
    return value if isinstance(value, str | int | float | bool) else written


class _Reader:
    def __init__(self, source: Source) -> None:
        self.path = source.path
        self.text = source.text
        self.at = 0
        self.templates = dict(templates(source.text))
        self.templated = bool(self.templates)
        self.problems: list[Problem] = []
        self.root = _Table(0, 0)
        self.table = self.root
        self.depth = 0

    def run(self) -> None:
        try:
            while True:
                self._blank()
                if self.at >= len(self.text):
                    break
                start = self.at
                try:
                    self._line()
                except _BrokenLine:
                    self.table.complete = False
                    self.at = max(self.at, start)
                    self._skip_line()
        except _NestingError:
            self.root.complete = False
            at = min(self.at, len(self.text))
            message = f"nested more than {DEEPEST} levels deep"
            self.problems.append(Problem(message, Span(self.path, at, min(at + 1, len(self.text)))))

    # -- lines

    def _line(self) -> None:
        if self.at in self.templates:
            self.root.complete = False
            raise _BrokenLine
        if self.text.startswith("[[", self.at):
            self._header(2)
        elif self.text[self.at] == "[":
            self._header(1)
        else:
            self._pair(self.table)
        self._space()
        if self.at < len(self.text) and self.text[self.at] not in "\r\n#":
            raise _BrokenLine

    def _header(self, brackets: int) -> None:
        start = self.at
        self.at += brackets
        # Whatever follows a broken header belongs to nobody.
        self.table = _Table(start, start)
        keys = self._keys()
        self._expect("]" * brackets)
        target = self._reach(self.root, keys[:-1], start)
        name, at = keys[-1]
        old = target.last.get(name)
        if brackets == 2:
            table = _Table(start, self.at)
            if isinstance(old, _Tables):
                old.tables.append(table)
            else:
                target.add(name, at, _Tables([table]))
        elif isinstance(old, _Table):
            table = old
        else:
            table = _Table(start, self.at)
            target.add(name, at, table)
        self.table = table
        self._extend(target, self.at)

    def _pair(self, table: _Table) -> None:
        start = self.at
        keys = self._keys()
        self._expect("=")
        target = self._reach(table, keys[:-1], start)
        name, at = keys[-1]
        try:
            node = self._value()
        except _BrokenLine:
            target.add(name, at, Hole("", Span(self.path, self.at, self.at)))
            raise
        target.add(name, at, node)
        target.end = max(target.end, node.at.end)
        self._extend(table, node.at.end)

    def _extend(self, table: _Table, end: int) -> None:
        for one in (table, self.root):
            one.end = max(one.end, end)

    def _reach(self, table: _Table, keys: list[tuple[str, Span]], start: int) -> _Table:
        """The table under dotted keys, made where it is not there yet."""
        for name, at in keys:
            inner = table.last.get(name)
            if isinstance(inner, _Tables):
                inner = inner.tables[-1]
            if not isinstance(inner, _Table):
                inner = _Table(start, at.end)
                table.add(name, at, inner)
            table = inner
        return table

    def _keys(self) -> list[tuple[str, Span]]:
        keys = []
        while True:
            self._space()
            found = _KEY.match(self.text, self.at)
            if found is None:
                raise _BrokenLine
            written = found.group()
            name = str(_typed(written) or "") if written[0] in "\"'" else written
            keys.append((name, Span(self.path, self.at, found.end())))
            self.at = found.end()
            self._space()
            if len(keys) > DEEPEST:
                raise _NestingError
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    # -- values

    def _value(self) -> Node:
        self._space()
        start = self.at
        if start in self.templates:
            return self._hole(start)
        char = self.text[start : start + 1]
        if char in ("[", "{") and char:
            self.depth += 1
            if self.depth > DEEPEST:
                raise _NestingError
            node: Node = self._array() if char == "[" else self._inline()
            self.depth -= 1
            return node
        found = _STRING.match(self.text, start)
        if found is not None:
            self.at = found.end()
            return self._leaf(found.group(), start, quoted=True)
        found = _BARE.match(self.text, start)
        if found is None:
            self._broken()
        self.at = found.end()
        if self.at in self.templates:
            return self._hole(start)
        return self._leaf(found.group(), start, quoted=False)

    def _hole(self, start: int) -> Hole:
        """A value with a template in it, up to the next comma or the end of the line."""
        while self.at < len(self.text) and self.text[self.at] not in ",\r\n]}":
            self.at = self.templates.get(self.at, self.at + 1)
        return Hole(self.text[start : self.at].rstrip(), Span(self.path, start, self.at))

    def _leaf(self, written: str, start: int, quoted: bool) -> Leaf | Hole:
        at = Span(self.path, start, self.at)
        value = _typed(written)
        if value is None:
            if quoted or not is_template(written):
                self._broken()
            self.templated = True
            return Hole(written, at)
        if isinstance(value, str):
            if is_template(value):
                return Hole(value, at)
            if quoted:
                width = 3 if written.startswith(('"""', "'''")) else 1
                return Leaf(value, at, written[width:-width], quoted=True)
        return Leaf(value, at, written)

    def _array(self) -> Listing:
        start = self.at
        items: list[Node] = []
        self.at += 1
        while True:
            self._blank()
            if self.text.startswith("]", self.at):
                self.at += 1
                return Listing(tuple(items), Span(self.path, start, self.at))
            items.append(self._value())
            self._blank()
            if self.text.startswith(",", self.at):
                self.at += 1
            elif not self.text.startswith("]", self.at):
                self._broken()

    def _inline(self) -> Mapping:
        table = _Table(self.at, self.at)
        self.at += 1
        while True:
            self._blank()
            if self.text.startswith("}", self.at):
                self.at += 1
                break
            self._pair(table)
            self._blank()
            if self.text.startswith(",", self.at):
                self.at += 1
            elif not self.text.startswith("}", self.at):
                self._broken()
        table.end = self.at
        return table.node(self.path)

    # -- moving

    def _broken(self) -> NoReturn:
        raise _BrokenLine

    def _expect(self, mark: str) -> None:
        self._space()
        if not self.text.startswith(mark, self.at):
            raise _BrokenLine
        self.at += len(mark)

    def _space(self) -> None:
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]

    def _blank(self) -> None:
        self.at = _BLANK.match(self.text, self.at).end()  # type: ignore[union-attr]

    def _skip_line(self) -> None:
        self.depth = 0
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end + 1
