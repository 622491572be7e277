"""Fog: a workspace in which one leaf is withheld, for the promise that knowing less never finds more."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TypeVar

from dtlint.facts import document, script, shell
from dtlint.facts.shell import ShellProgram
from dtlint.read import kinds
from dtlint.read.kinds import Kind
from dtlint.source import Source, Span

T = TypeVar("T")

HOLE = "{{fog}}"
"""What a template engine, or a person, fills in."""
VARIABLE = "${DTLINT_FOG}"
CALL = "dtlint_fog().somewhere(1)"
"""A call into code that nobody reads."""

_READERS = {
    Kind.PYTHON: "python",
    Kind.SHELL: "shell",
    Kind.YAML: "yaml",
    Kind.JSON: "json",
    Kind.TOML: "toml",
    Kind.DOTENV: "dotenv",
    Kind.HOSTFILE: "hostfile",
}
_HEADER = re.compile(r"#SBATCH\s.*")
_HEADER_VALUE = re.compile(r"(?<=[=\s])[^\s=-][^\s=]*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Fog:
    """One leaf and what hides it."""

    at: Span
    hidden: str
    """The leaf."""
    text: str
    """What stands there instead."""

    def __str__(self) -> str:
        return f"{self.at.path}:{self.at.start} {self.hidden[:30]!r}"

    def over(self, files: Mapping[str, str]) -> dict[str, str]:
        text = files[self.at.path]
        return {**files, self.at.path: text[: self.at.start] + self.text + text[self.at.end :]}

    def line(self, text: str, path: str, line: int) -> int:
        """Where line `line` of the file `path`, in `text` before the fog came, stands now."""
        if path != self.at.path:
            return line
        first = text.count("\n", 0, self.at.start) + 1
        lost = self.hidden.count("\n") - self.text.count("\n")
        return line if line <= first else max(first, line - lost)


def fogs(files: Mapping[str, str]) -> Iterator[Fog]:
    """Every leaf of every file, hidden: words of scripts, scalars of documents, literals of Python."""
    for path, text in files.items():
        if path == "dtlint.toml":
            continue  # no part of the job
        kind = kinds.by_name(path) or kinds.by_content(text.encode())
        reader = _READERS.get(kind) if kind else None
        if reader is None:
            continue
        program = import_module(f"dtlint.read.{reader}").read(Source(path, text))
        for at, instead in _leaves(program, text):
            if at.path == path:
                yield Fog(at, text[at.start : at.end], instead)


def _leaves(program: object, text: str) -> Iterator[tuple[Span, str]]:
    if isinstance(program, ShellProgram):
        yield from _shell(program, text)
    elif isinstance(program, script.ScriptProgram):
        yield from _python(program, text)
    elif isinstance(program, document.Document):
        yield from _document(program, text)


def _document(program: document.Document, text: str) -> Iterator[tuple[Span, str]]:
    for leaf in _nodes(program, document.Leaf):
        if leaf.alias_at is None and leaf.at.end > leaf.at.start:
            yield leaf.at, HOLE + "\n" * text.count("\n", leaf.at.start, leaf.at.end)


def _shell(program: ShellProgram, text: str) -> Iterator[tuple[Span, str]]:
    for literal in _nodes(program, shell.Literal):
        start, end = literal.at.start, literal.at.end
        written = text[start:end]
        if not written.strip():
            continue
        places = [(start, end)]
        if "=" in written and "\n" not in written:
            places.append((start + written.index("=") + 1, end))
        if "\n" in written:
            places += [(start + number.start(), start + number.end()) for number in _NUMBER.finditer(written)]
        single = literal.quoted and text[start - 1 : start] == "'"
        hidden = f"'\"{VARIABLE}\"'" if single else VARIABLE if literal.quoted else f'"{VARIABLE}"'
        for first, last in places:
            if last > first:
                yield Span(literal.at.path, first, last), hidden + "\n" * text[first:last].endswith("\n")
    for comment in program.comments:
        if _HEADER.match(comment.text):
            for value in _HEADER_VALUE.finditer(comment.text, len("#SBATCH")):
                yield Span(comment.at.path, comment.at.start + value.start(), comment.at.start + value.end()), HOLE


def _python(program: script.ScriptProgram, text: str) -> Iterator[tuple[Span, str]]:
    unhidden = {
        id(statement.value)
        for statement in _nodes(program, script.ExprStatement)
        if isinstance(statement.value, script.Constant)
    }
    for formatted in _nodes(program, script.Format):
        # Python 3.11 gives no places within an f-string.
        unhidden.update(id(constant) for constant in _nodes(formatted.parts, script.Constant))
    for constant in _nodes(program, script.Constant):
        at = constant.at
        instead = CALL + "\n" * text.count("\n", at.start, at.end)
        if id(constant) not in unhidden and _parses(text[: at.start] + instead + text[at.end :]):
            yield at, instead


def _parses(text: str) -> bool:
    """False where no call may stand: in a pattern, or before a line end that the leaf bracketed."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _nodes(tree: object, wanted: type[T]) -> Iterator[T]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, wanted):
            yield node
        if isinstance(node, (tuple, list)):
            waiting += reversed(node)
        elif dataclasses.is_dataclass(node) and not isinstance(node, Span):
            waiting += [getattr(node, each.name) for each in reversed(dataclasses.fields(node))]
