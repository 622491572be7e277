"""Writing suppressions for findings: a comment above the statement, the command or the line of each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from dtlint.diagnostic import PROBLEM, Diagnostic
from dtlint.fix import Edit
from dtlint.read.kinds import Kind
from dtlint.record import record
from dtlint.source import Source, Span
from dtlint.suppress import HAS_COMMENTS, Lines
from dtlint.workspace import Workspace

REASON: Final = "(why is it right here?)"
"""Stands where a person is to give the reason."""
_HERE_DOCUMENT: Final = re.compile(r"<<-?[ \t]*\\?([\"']?)(\w+)\1")
_BLOCK: Final = re.compile(r"[|>][+-]?\d?[ \t]*(?:#.*)?$")
_TOP: Final = re.compile(r"(?:#![^\n]*\n)?(?:#[^\n]*coding[:=][^\n]*\n)?")
"""What must stay in front: the interpreter and the encoding."""


@record
class Left:
    """A finding that no comment can suppress, and why."""

    diagnostic: Diagnostic
    why: str


@record
class Ignores:
    edits: tuple[Edit, ...]
    written: int
    """Findings that the comments suppress."""
    left: tuple[Left, ...]


def ignores(found: Iterable[Diagnostic], workspace: Workspace) -> Ignores:
    """The comments that suppress these findings, one for each line, with a place for the reason."""
    by_line: dict[tuple[str, int], list[Diagnostic]] = {}
    left: list[Left] = []
    for diagnostic in found:
        path = diagnostic.at.path
        source, kind = workspace.source(path), workspace.kind(path)
        if diagnostic.rule == PROBLEM:
            left.append(Left(diagnostic, "it is no finding of a rule"))
        elif source is None or kind not in HAS_COMMENTS:
            left.append(Left(diagnostic, f"{path} has no comments; name it in per-path-ignores"))
        else:
            by_line.setdefault((path, _line(diagnostic, source, kind)), []).append(diagnostic)
    edits = []
    for (path, number), named in by_line.items():
        source = workspace.source(path)
        assert source is not None  # it has a line
        edits.append(_comment(source, number, named))
    return Ignores(tuple(edits), sum(map(len, by_line.values())), tuple(left))


def ignore(diagnostic: Diagnostic, source: Source, kind: Kind | None) -> Edit | None:
    """The comment that suppresses one finding; None in a file that has no comments."""
    if diagnostic.rule == PROBLEM or kind not in HAS_COMMENTS:
        return None
    return _comment(source, _line(diagnostic, source, kind), [diagnostic])


def _line(diagnostic: Diagnostic, source: Source, kind: Kind) -> int:
    """The line above which the comment is to stand; 0 for the whole file."""
    if diagnostic.at.start == diagnostic.at.end == 0:
        return 0
    number = source.position(diagnostic.at.start).line
    first, _ = Lines(source, kind).logical(number)
    within = _in_here_document if kind in (Kind.SHELL, Kind.DOCKERFILE) else _in_block
    if kind in (Kind.SHELL, Kind.DOCKERFILE, Kind.YAML) and within(source, first):
        return 0
    return 0 if source.line(first).startswith("#!") else first


def _in_here_document(source: Source, number: int) -> bool:
    """A comment there would be a line of the document."""
    end = None
    for line in (source.line(each) for each in range(1, number)):
        if end is None:
            opened = _HERE_DOCUMENT.search(line)
            end = opened[2] if opened is not None and not line.lstrip().startswith("#") else None
        elif line.strip() == end:
            end = None
    return end is not None


def _in_block(source: Source, number: int) -> bool:
    """A comment there would be a line of a YAML scalar."""
    depth = _indent(source.line(number))
    for line in (source.line(each) for each in range(number - 1, 0, -1)):
        if line.strip() and _indent(line) < depth:
            if _BLOCK.search(line):
                return True
            depth = _indent(line)
    return False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _comment(source: Source, number: int, named: list[Diagnostic]) -> Edit:
    path = source.path
    rules = ", ".join(dict.fromkeys(diagnostic.rule for diagnostic in named))
    ending = "\r\n" if "\r\n" in source.text else "\n"
    if number == 0:
        top = _TOP.match(source.text)
        at = top.end() if top is not None else 0
        return Edit(Span(path, at, at), f"# dtlint: ignore-file[{rules}] {REASON}{ending}")
    line = source.line(number)
    indent = line[: len(line) - len(line.lstrip())]
    at = source.starts[number - 1]
    return Edit(Span(path, at, at), f"{indent}# dtlint: ignore[{rules}] {REASON}{ending}")
