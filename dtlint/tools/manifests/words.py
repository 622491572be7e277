"""Scalars of a manifest as words of a command, each part where it stands in the file.

How `$(NAME)` is filled in: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from dtlint.read.template import templates
from dtlint.run.word import Piece, Word
from dtlint.source import Source, Span
from dtlint.value import Value, unknown
from dtlint.value.value import Text

_REFERENCE: Final = re.compile(r"\$\$\(|\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
_BLOCK: Final = re.compile(r"[|>][0-9+-]*[ \t]*(?:#[^\n]*)?\r?\n")
_SHELL: Final = re.compile(r"\$\{?(?!(?:JOB_COMPLETION_INDEX|VC_TASK_INDEX|LWS_WORKER_INDEX)\b)(?:[A-Za-z_]|(?<=\{))")
"""A variable of a shell, but for those that nothing has before there are pods: an index among them."""
_ESCAPED: Final = re.compile(r"\\|''|\n")
_SHOWN: Final = 80


def word(
    value: Value, source: Source | None, variables: Mapping[str, Value] | None = None, shell: bool = False
) -> Word:
    """The word that a scalar is.

    With `variables`, `$(NAME)` of Kubernetes is filled in.  Where a `shell` reads the text, `$NAME` is the shell's;
    elsewhere such a text is one that something fills in before the manifest is used, unless it names a pod's own index.
    """
    at = value.at if value.trail else Span("", 0, 0)
    pieces = _pieces(value, source, at)
    if value.is_unknown and source is not None:
        written = _written(source, at)
        foreign = any(isinstance(piece.content, str) and _SHELL.search(piece.content) for piece in written)
        if written and (shell or not foreign):
            pieces = written
    if variables is not None:
        pieces = [filled for piece in pieces for filled in _filled(piece, variables)]
    shown = source.text[at.start : at.end] if source is not None else str(value)
    return Word(tuple(pieces), at, shown if len(shown) <= _SHOWN else str(value)[:_SHOWN])


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


def _pieces(value: Value, source: Source | None, at: Span) -> list[Piece]:
    content = value.string
    if content is None:
        if isinstance(value.content, Text):
            return [Piece(part, at) for part in value.content.parts]
        constant = value.as_text().string if value.known else None
        return [Piece(value if constant is None else constant, at)]
    written = _written(source, at) if source is not None and source.path == at.path else []
    same = "".join(piece.content for piece in written if isinstance(piece.content, str)) == content
    return written if written and same else [Piece(content, at)]


def _written(source: Source, at: Span) -> list[Piece]:
    """The scalar at a place as pieces of text that stand where they are written, templates of Helm and Jinja being
    unknown; none for one whose text is not what is written (escapes, quoted text of several lines)."""
    text = source.text[at.start : at.end]
    if text[:1] == "|":
        lines = list(_block(source, at))
    elif text[:1] == ">":
        return list(_folded(source, list(_block(source, at))))
    elif text[:1] not in ("'", '"', "") and "\n" in text:
        return list(_folded(source, list(_plain(source, at))))
    elif text[:1] in ("'", '"') and text[-1:] == text[:1] and not _ESCAPED.search(text[1:-1]):
        lines = [(at.start + 1, at.end - 1)]
    elif text[:1] not in ("'", '"', ""):
        lines = [(at.start, at.end)]
    else:
        return []
    return [piece for start, end in lines for piece in _line(source, start, end)]


def _folded(source: Source, lines: list[tuple[int, int]]) -> Iterator[Piece]:
    """Lines that are one line: a break between two that stand equally deep is a blank; an empty line is a break."""
    for index, (start, end) in enumerate(lines):
        line = source.text[start:end]
        following = source.text[slice(*lines[index + 1])] if index + 1 < len(lines) else ""
        joined = line.strip() and following.strip() and line[:1] not in " \t" and following[:1] not in " \t"
        if joined and line.endswith("\n"):
            yield from _line(source, start, end - 1)
            yield Piece(" ", Span(source.path, end - 1, end))
        elif line.strip() or not index or not source.text[slice(*lines[index - 1])].endswith("\n"):
            yield from _line(source, start, end)


def _plain(source: Source, at: Span) -> Iterator[tuple[int, int]]:
    """The lines of a scalar without quotes, without what stands around them."""
    place = at.start
    while place < at.end:
        end = source.text.find("\n", place, at.end)
        end = at.end if end < 0 else end + 1
        line = source.text[place:end]
        yield place + len(line) - len(line.lstrip(" \t")), end
        place = end


def _line(source: Source, start: int, end: int) -> Iterator[Piece]:
    done = start
    for first, last in templates(source.text[start:end]):
        if start + first > done:
            yield _exact(source, done, start + first)
        at = Span(source.path, start + first, start + last)
        yield Piece(unknown(source.text[at.start : at.end], key=("hole", at.path, at.start)), at)
        done = start + last
    if end > done:
        yield _exact(source, done, end)


def _exact(source: Source, start: int, end: int) -> Piece:
    return Piece(source.text[start:end], Span(source.path, start, end), exact=True)


def _block(source: Source, at: Span) -> Iterator[tuple[int, int]]:
    """The lines of a literal block without their indentation, each with its end of line."""
    head = _BLOCK.match(source.text, at.start, at.end)
    if head is None:
        return
    stop = at.end
    while source.text[stop : stop + 1] in (" ", "\t"):
        stop += 1
    # The last line break belongs to the scalar unless the block is stripped.
    stripped = "-" in source.text[at.start : head.end()].partition("#")[0]
    stop += not stripped and source.text[stop : stop + 1] == "\n"
    place, indent = head.end(), -1
    while place < stop:
        end = source.text.find("\n", place, stop)
        end = stop if end < 0 else end + 1
        line = source.text[place:end]
        if indent < 0 and line.strip():
            indent = len(line) - len(line.lstrip(" "))
        yield place + min(max(indent, 0), len(line) - len(line.lstrip(" "))), end
        place = end


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
