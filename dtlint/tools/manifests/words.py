"""Scalars of a manifest as words of a command, each part where it stands in the file.

How `$(NAME)` is filled in: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from dtlint.run.word import Piece, Word
from dtlint.source import Source, Span
from dtlint.value import Value, unknown
from dtlint.value.value import Text

_REFERENCE: Final = re.compile(r"\$\$\(|\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
_OF_SHELL: Final = re.compile(r"\$[A-Za-z_{]")
_BLOCK: Final = re.compile(r"[|>][0-9+-]*[ \t]*(?:#[^\n]*)?\r?\n")
_FILLED_IN: Final = re.compile(r"\{\{|<%|<<[A-Z]|__[A-Z_]+__|@[A-Z_]+@|\$\{trialParameters\.")
"""Marks of templates that are no shell's: Jinja and Helm, ERB, Katib, and words to be replaced by `sed`."""
_SHOWN: Final = 80


def word(value: Value, source: Source | None, variables: Mapping[str, Value] | None = None) -> Word:
    """The word that a scalar is; with `variables`, `$(NAME)` of Kubernetes is filled in."""
    at = value.at if value.trail else Span("", 0, 0)
    pieces = _pieces(value, source, at)
    if variables is not None:
        pieces = [filled for piece in pieces for filled in _filled(piece, variables)]
    written = source.text[at.start : at.end] if source is not None else str(value)
    return Word(tuple(pieces), at, written if len(written) <= _SHOWN else str(value)[:_SHOWN])


def refilled(word: Word, variables: Mapping[str, Value], complete: bool) -> Word:
    """The word with the variables that an operator adds; where others may be there too, what is left is not known."""
    if not any(isinstance(piece.content, str) and "$(" in piece.content for piece in word.pieces):
        return word
    pieces: list[Piece] = []
    for piece in word.pieces:
        content = piece.content
        # `$(hostname)` is the shell's; variables are written in capitals.
        names = [name for name in _REFERENCE.findall(content) if name.isupper()] if isinstance(content, str) else []
        others = {} if complete else {name: unknown(f"$({name})", key=("reference", piece.at, name)) for name in names}
        pieces += _filled(piece, {**others, **variables})
    return Word(tuple(pieces), word.at, word.written, word.trail, word.many)


def filled(value: Value, variables: Mapping[str, Value], source: Source | None = None) -> Value:
    """A value of an environment variable in which others are filled in."""
    content = value.string
    if content is None and value.is_unknown and value.trail and source is not None and source.path == value.at.path:
        content = _for_shell(source.text[value.at.start : value.at.end])
        content = None if content is not None and _OF_SHELL.search(content) else content
    if content is None or "$(" not in content:
        return value
    pieces = _filled(Piece(content, value.at if value.trail else Span("", 0, 0)), variables)
    return Word(tuple(pieces), pieces[0].at, content).value.after(value.trail)


def _pieces(value: Value, source: Source | None, at: Span) -> list[Piece]:
    content = value.string
    if content is None and value.is_unknown and value.trail and source is not None and source.path == at.path:
        content = _for_shell(source.text[at.start : at.end])
    if content is None:
        if isinstance(value.content, Text):
            return [Piece(part, at) for part in value.content.parts]
        constant = value.as_text().string if value.known else None
        return [Piece(value if constant is None else constant, at)]
    if source is None or source.path != at.path:
        return [Piece(content, at)]
    written = source.text[at.start : at.end]
    if written == content:
        return [Piece(content, at, exact=True)]
    if written[:1] in "\"'" and written[1:-1] == content:
        return [Piece(content, Span(at.path, at.start + 1, at.end - 1), exact=True)]
    if written[:1] == "|":
        return _block(content, written, at) or [Piece(content, at)]
    return [Piece(content, at)]


def _for_shell(written: str) -> str | None:
    """The text of a scalar that is taken for a template only because it holds `$NAME`, which in a command is the
    shell's; None for one that something else fills in."""
    import yaml

    if "$" not in written or _FILLED_IN.search(written) or written[:1] in "*&!":
        return None
    try:
        content = yaml.load(f"x: {written}", Loader=yaml.BaseLoader)["x"]
    except (yaml.YAMLError, TypeError, KeyError):
        return None
    return content if isinstance(content, str) else None


def _block(content: str, written: str, at: Span) -> list[Piece]:
    """The lines of a literal block, each a piece that stands where it is written; none where they do not fit."""
    head = _BLOCK.match(written)
    if head is None:
        return []
    pieces: list[Piece] = []
    place = head.end()
    indent: int | None = None
    for line in content.splitlines(keepends=True):
        end = written.find("\n", place)
        raw = written[place : len(written) if end < 0 else end + 1]
        if indent is None and line.strip():
            indent = len(raw) - len(raw.lstrip(" ")) - (len(line) - len(line.lstrip(" ")))
        skipped = min(indent or 0, len(raw) - len(raw.lstrip(" ")))
        text = line.rstrip("\n")
        if raw[skipped:].rstrip("\r\n") != text:
            return []
        start = at.start + place + skipped
        pieces.append(Piece(line, Span(at.path, start, start + len(line)), exact=True))
        place = len(written) if end < 0 else end + 1
    return pieces


def _filled(piece: Piece, variables: Mapping[str, Value]) -> list[Piece]:
    content = piece.content
    if not isinstance(content, str) or "$" not in content:
        return [piece]
    pieces: list[Piece] = []
    done = 0

    def keep(start: int, end: int) -> None:
        if end > start:
            at = Span(piece.at.path, piece.at.start + start, piece.at.start + end) if piece.exact else piece.at
            pieces.append(Piece(content[start:end], at, piece.exact))

    for found in _REFERENCE.finditer(content):
        name = found.group(1)
        if name is None:
            # `$$(NAME)` stands for `$(NAME)` itself.
            keep(done, found.start() + 1)
            done = found.start() + 2
        elif name in variables:
            keep(done, found.start())
            value = variables[name]
            pieces.append(Piece(value.string if value.string is not None else value, piece.at))
            done = found.end()
    keep(done, len(content))
    return pieces or [piece]
