"""Dockerfiles, line by line as Docker's own parser goes: continued lines, comments between them, here-documents.

Not read: what a `# syntax=` directive may add, variables other than ARG defaults in FROM.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from dtlint.facts.dockerfile import Dockerfile, Instruction, ShellText, Stage
from dtlint.facts.document import Entry, Hole, Leaf
from dtlint.facts.problem import Problem
from dtlint.read.template import is_template
from dtlint.record import record
from dtlint.source import Source, Span

_ESCAPE: Final = re.compile(r"\A(?:[ \t]*#[^\n]*\n)*?[ \t]*#[ \t]*escape[ \t]*=[ \t]*(\S)", re.IGNORECASE)
_KEYWORDS: Final = frozenset(
    ("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
     "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR")
)  # fmt: skip
_START: Final = re.compile(r"\s*(?P<keyword>[A-Za-z]+)(?=\s|$)")
_FLAGS: Final = re.compile(r"(?:\s+--[\w.-]+(?:=(?:\"[^\"]*\"|\S)*)?)*\s*")
_HEREDOC: Final = re.compile(r"<<-?(?P<quote>[\"']?)(?P<end>[A-Za-z_]\w*)(?P=quote)")
_WORD: Final = re.compile(r"""(?:"(?:[^"\\]|\\[\s\S])*+"|'[^']*'|\\[\s\S]|[^\s"'\\])++""")
_PLAIN: Final = re.compile(r"""(?P<double>"(?:[^"\\]|\\[\s\S])*+")|(?P<single>'[^']*')|\\(?P<escaped>[\s\S])""")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"')
_VARIABLE: Final = re.compile(r"\$(?:(?P<plain>\w+)|\{(?P<braced>\w+)(?::-(?P<default>[^}]*))?\})")
_FROM: Final = re.compile(r"(?P<image>(?:\{\{[^{}\n]*\}\}|\S)+)(?:\s+as\s+(?P<name>\S+))?\s*$", re.IGNORECASE)


@record
class _Piece:
    """One instruction as it stands in the file."""

    text: str
    at: Span
    heredocs: tuple[ShellText, ...]


def read(source: Source) -> Dockerfile:
    """An instruction that Docker does not know gives the first problem and is left out."""
    problems: list[Problem] = []
    arguments: list[Entry] = []
    stages: list[tuple[Leaf | Hole, str | None, Span, list[Instruction]]] = []
    for piece in _pieces(source):
        instruction = _instruction(piece)
        if instruction is None:
            if not problems and not is_template(piece.text):
                word = piece.text.split(maxsplit=1)[0]
                problems.append(Problem(f"not an instruction of a Dockerfile: {word[:40]}", _first_word(piece)))
            continue
        if instruction.keyword == "FROM":
            found = _FROM.match(instruction.arguments.text)
            if found is None:
                problems = problems or [Problem("FROM without an image", instruction.at)]
                continue
            start = instruction.arguments.at.start
            at = Span(source.path, start + found.start("image"), start + found.end("image"))
            stages.append((_image(found.group("image"), at, arguments), found.group("name"), instruction.at, []))
        elif stages:
            stages[-1][3].append(instruction)
        elif instruction.keyword == "ARG":
            arguments += instruction.settings
    built = tuple(Stage(image, name, at, tuple(inside)) for image, name, at, inside in stages)
    return Dockerfile(source.path, tuple(arguments), built, tuple(problems))


def _pieces(source: Source) -> Iterator[_Piece]:
    directive = _ESCAPE.match(source.text)
    escape = directive.group(1) if directive else "\\"
    starts = [*source.starts, len(source.text)]
    number = 0
    while number + 1 < len(starts):
        line = source.text[starts[number] : starts[number + 1]]
        number += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        first = number - 1
        pieces = [line]
        while pieces[-1].rstrip().endswith(escape) or not pieces[-1].strip():
            if number + 1 >= len(starts):
                break
            if pieces[-1].strip():
                # PowerShell's Dockerfiles escape with a backquote.
                cut = len(pieces[-1].rstrip()) - 1
                pieces[-1] = pieces[-1][:cut] + "\\" + pieces[-1][cut + 1 :]
            line = source.text[starts[number] : starts[number + 1]]
            number += 1
            if not line.strip() or line.lstrip().startswith("#"):
                pieces.append(" " * len(line))
            else:
                pieces.append(line)
        text = "".join(pieces).rstrip()
        start = starts[first]
        heredocs: list[ShellText] = []
        if text.lstrip()[:4].upper() in ("RUN ", "COPY", "ADD "):
            for found in _HEREDOC.finditer(text):
                begin = number
                while number + 1 < len(starts):
                    number += 1
                    if source.line(number).strip() == found.group("end"):
                        break
                end = starts[number - 1] if number > begin else starts[begin]
                body = source.text[starts[begin] : end]
                heredocs.append(ShellText(body, Span(source.path, starts[begin], end)))
        indent = len(text) - len(text.lstrip())
        yield _Piece(text[indent:], Span(source.path, start + indent, start + len(text)), tuple(heredocs))


def _first_word(piece: _Piece) -> Span:
    return Span(piece.at.path, piece.at.start, piece.at.start + len(piece.text.split(maxsplit=1)[0]))


def _instruction(piece: _Piece) -> Instruction | None:
    found = _START.match(piece.text)
    if found is None or found.group("keyword").upper() not in _KEYWORDS:
        return None
    keyword = found.group("keyword").upper()
    offset = _FLAGS.match(piece.text, found.end()).end()  # type: ignore[union-attr]
    text = piece.text[offset:]
    if keyword == "ONBUILD":
        return Instruction(keyword, piece.at, _shell(piece, offset), heredocs=piece.heredocs)
    words = _exec(text, piece.at.path, piece.at.start + offset) if text.startswith("[") else None
    settings = _settings(keyword, text, piece.at.path, piece.at.start + offset)
    return Instruction(keyword, piece.at, _shell(piece, offset), words, settings, piece.heredocs)


def _shell(piece: _Piece, offset: int) -> ShellText:
    return ShellText(piece.text[offset:], Span(piece.at.path, piece.at.start + offset, piece.at.end))


def _exec(text: str, path: str, start: int) -> tuple[Leaf | Hole, ...] | None:
    try:
        words = json.loads(text.replace("\\\n", "  ").replace("\\\r\n", "   "))
    except (ValueError, RecursionError):
        # Docker takes what is no JSON for the shell form.
        return None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return None
    found = _STRING.finditer(text)
    return tuple(
        Leaf(word, Span(path, start + at.start(), start + at.end()), at.group()[1:-1], quoted=True)
        for word, at in zip(words, found, strict=False)
    )


def _settings(keyword: str, text: str, path: str, start: int) -> tuple[Entry, ...]:
    if keyword not in ("ENV", "ARG", "LABEL"):
        return ()
    entries: list[Entry] = []
    for found in _WORD.finditer(text):
        word = re.sub(r"^(?:\\\r?\n|\\\r)+", "", found.group())
        if not word:
            continue
        first = start + found.end() - len(word)
        name, equals, content = word.partition("=")
        name_at = Span(path, first, first + len(name))
        if not equals and keyword == "ARG":
            entries.append(Entry(name, name_at, Hole("", Span(path, name_at.end, name_at.end))))
        elif not equals:
            # The old form, `ENV NAME all of the rest`.
            rest = text[found.end() :].strip()
            begin = start + text.find(rest, found.end()) if rest else name_at.end
            at = Span(path, begin, begin + len(rest))
            return (Entry(name, name_at, _text(rest, at)),) if not entries else tuple(entries)
        elif name:
            at = Span(path, name_at.end + 1, start + found.end())
            entries.append(Entry(_unquoted(name), name_at, _text(content, at)))
    return tuple(entries)


def _text(written: str, at: Span) -> Leaf | Hole:
    content = _unquoted(written)
    if is_template(re.sub(r"'[^']*'|\\\$", "", written)):
        return Hole(content, at)
    return Leaf(content, at, written.strip("\"'"), quoted=written[:1] in ("'", '"'))


def _unquoted(written: str) -> str:
    def plain(found: re.Match[str]) -> str:
        if found.group("double"):
            return re.sub(r"\\([\s\S])", lambda escape: "" if escape.group(1) == "\n" else escape.group(1),
                          found.group("double")[1:-1])  # fmt: skip
        if found.group("single"):
            return found.group("single")[1:-1]
        return "" if found.group("escaped") == "\n" else found.group("escaped")

    return _PLAIN.sub(plain, written)


def _image(written: str, at: Span, arguments: list[Entry]) -> Leaf | Hole:
    defaults = {entry.key: entry.node.value for entry in arguments if isinstance(entry.node, Leaf)}
    missing = False

    def default(found: re.Match[str]) -> str:
        nonlocal missing
        value = defaults.get(found.group("plain") or found.group("braced"), found.group("default"))
        missing = missing or value is None
        return str(value)

    image = _VARIABLE.sub(default, written)
    if missing or is_template(image):
        return Hole(written, at)
    return Leaf(image, at, written)
