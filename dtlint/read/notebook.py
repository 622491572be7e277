"""Notebooks: the code cells of a `.ipynb` file as one program, each span where it stands in the file itself.

nbformat 4: `cells` is a list of mappings with `cell_type` and `source`, a text or a list of lines.  IPython's own
syntax becomes nothing: `%magic` and `!command` lines, and cells that `%%bash`, `%%writefile` and their like take.
"""

from __future__ import annotations

import json
import re
from array import array
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Final

from dtlint.facts.problem import Problem
from dtlint.facts.script import ScriptProgram
from dtlint.read import python
from dtlint.source import Source, Span

DEEPEST: Final = 100
"""Levels of nesting in the file."""

_TOKEN: Final = re.compile(r'[{}\[\]:,]|"(?:[^"\\]|\\.)*+"|[^\s{}\[\]:,"]++')
_PIECE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)
"""What stands for one code point in a JSON string."""
_CELL_MAGIC: Final = re.compile(r"\s*%%(?P<name>\w+)")
_KEPT: Final = frozenset(("time", "timeit", "capture", "prun"))
"""Cell magics that run the rest of the cell as Python."""
_MAGIC: Final = re.compile(r"(?P<indent>[ \t]*)(?:[%!]{1,2}[A-Za-z_./{$(~]|\?{1,2}\w|[\w.]+\?{1,2}\s*$)")
_ASSIGNED: Final = re.compile(r"(?P<target>[ \t]*[\w, ]+=)[ \t]*(?:!|%[A-Za-z_])")


def read(source: Source) -> ScriptProgram:
    """The program of a notebook; what is none, or has a cell that does not parse, gives an empty one and a problem."""
    try:
        text, places = _code(source.text)
    except (ValueError, RecursionError):
        return ScriptProgram(source.path, (), (Problem("not read: this is no notebook", Span(source.path, 0, 0)),))
    program = python.read(Source(source.path, text))
    try:
        body = _moved(program.body, source.path, places)
    except RecursionError:
        return ScriptProgram(source.path, (), (Problem("not read: nested too deeply", Span(source.path, 0, 0)),))
    return ScriptProgram(source.path, body, _moved(program.problems, source.path, places))


@dataclass(slots=True)
class _Places:
    """Where each code point of the program begins and ends in the file."""

    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))

    def add(self, start: int, end: int) -> None:
        self.starts.append(start)
        self.ends.append(end)

    def span(self, span: Span, path: str) -> Span:
        if not self.starts:
            return Span(path, 0, 0)
        last = len(self.starts) - 1
        start = self.starts[min(span.start, last)]
        return Span(path, start, max(start, self.ends[min(span.end - 1, last)]) if span.end > span.start else start)


def _code(text: str) -> tuple[str, _Places]:
    """The Python of all code cells, and where it stands in `text`; raises ValueError for what is no such JSON."""
    pieces: list[str] = []
    places = _Places()
    for lines in _cells(text):
        _add(lines, text, pieces, places)
    return "".join(pieces), places


def _cells(text: str) -> list[list[tuple[int, int]]]:
    """The spans of the strings that each code cell consists of."""
    found: list[list[tuple[int, int]]] = []
    kind = ""
    lines: list[tuple[int, int]] = []
    # Each open mapping or list, with the key under which the present value stands.
    stack: list[list[str]] = []
    wants_key = False
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in "{[":
            if len(stack) > DEEPEST:
                raise ValueError("nested too deeply")
            stack.append([mark, ""])
            wants_key = mark == "{"
        elif mark in "}]":
            if not stack:
                raise ValueError("more is closed than opened")
            stack.pop()
            if mark == "}" and _keys(stack) == ["cells"]:
                if kind == "code":
                    found.append(lines)
                kind, lines = "", []
        elif mark == ",":
            wants_key = bool(stack) and stack[-1][0] == "{"
        elif mark == ":":
            wants_key = False
        elif mark.startswith('"') and wants_key:
            stack[-1][1] = json.loads(mark)
        elif mark.startswith('"'):
            keys = _keys(stack)
            if keys == ["cells", "cell_type"]:
                kind = json.loads(mark)
            elif keys == ["cells", "source"]:
                lines.append(token.span())
    if stack:
        raise ValueError("it ends early")
    return found


def _keys(stack: list[list[str]]) -> list[str]:
    """The keys that lead to here."""
    return [key for mark, key in stack if mark == "{"]


def _add(spans: list[tuple[int, int]], raw: str, pieces: list[str], places: _Places) -> None:
    """Append the lines of one cell, with IPython's syntax taken out."""
    content: list[str] = []
    stand: list[tuple[int, int]] = []
    for start, end in spans:
        at = start + 1
        for piece in _PIECE.findall(raw, start + 1, end - 1):
            content.append(piece if len(piece) == 1 else json.loads(f'"{piece}"'))
            stand.append((at, at + len(piece)))
            at += len(piece)
    whole = "".join(content)
    if len(whole) != len(stand):
        raise ValueError("a piece is no code point")
    magic = _CELL_MAGIC.match(whole)
    if magic is not None and magic.group("name") not in _KEPT:
        return
    at, continued = 0, False
    for line in whole.splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        put = bare
        found, assigned = _MAGIC.match(bare), _ASSIGNED.match(bare)
        if continued or found is not None:
            put = f"{found.group('indent')}pass" if found is not None and not continued else ""
            continued = bare.endswith("\\")
        elif assigned is not None:
            put = f"{assigned.group('target')} ..."
        pieces.append(put + "\n")
        for number in range(len(put)):
            places.add(*stand[at + min(number, max(len(bare) - 1, 0))])
        places.add(*stand[at + len(line) - 1])
        at += len(line)


def _moved(thing: Any, path: str, places: _Places) -> Any:
    """The same facts with their spans in the file."""
    if isinstance(thing, Span):
        return places.span(thing, path)
    if isinstance(thing, tuple):
        return tuple([_moved(part, path, places) for part in thing])
    if is_dataclass(thing) and not isinstance(thing, type):
        return type(thing)(**{part.name: _moved(getattr(thing, part.name), path, places) for part in fields(thing)})
    return thing
