"""Where a command's input comes from and its output goes: here-documents, files that the script itself writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dtlint.facts.shell import Literal, Redirect, Substitution, Unread
from dtlint.facts.shell import Word as WrittenWord
from dtlint.read.shell import parse
from dtlint.read.template import templates
from dtlint.run.shell.context import Written
from dtlint.run.shell.expand import single
from dtlint.run.shell.paths import joined_path
from dtlint.run.shell.words import concatenated, known_text, of_value
from dtlint.run.word import Piece, Word
from dtlint.source import Span
from dtlint.value import Items, Value, unknown
from dtlint.value.trail import How, Step

if TYPE_CHECKING:
    from dtlint.run.shell.machine import Machine


def redirected(machine: Machine, redirects: Sequence[Redirect], body: Callable[[], bool]) -> bool:
    """Runs the body with its input from where they say, and notes what it prints into a file."""
    outside = machine.state.stdin
    target: Word | None = None
    append = False
    at: Span | None = None
    for redirect in redirects:
        operator = redirect.operator.lstrip("0123456789")
        if redirect.target is None:
            continue
        if operator.startswith("<"):
            machine.state.stdin = _input(machine, operator, redirect.target)
        elif not redirect.operator.startswith("2"):
            target = single(machine, redirect.target)
            append, at = ">>" in operator, redirect.at
    if target is None or at is None:
        alive = body()
        machine.state.stdin = outside
        return alive
    listening = machine.state.output
    machine.state.output = ()
    alive = body()
    printed = machine.state.output or ()
    machine.state.output, machine.state.stdin = listening, outside
    write(machine, target, printed, at, append)
    return alive


def write(machine: Machine, target: Word, printed: Sequence[Word], at: Span, append: bool) -> None:
    """Notes what a file holds, if anything of it is known."""
    if known_text(target) == "/dev/null":
        return
    path = joined_path(machine.state.directory, target.value)
    before = written_to(machine, path)
    known = any(
        isinstance(piece.content, str) or isinstance(piece.content.content, Items)
        for word in printed
        for piece in word.pieces
    )
    there = path.string is not None and machine.context.files.exists(path.string)
    # What nobody knows is told apart only from what was known of the file, here or in the workspace, or of one that it
    # may be.
    if not known and before is None and not there and (path.string is not None or not machine.written):
        return
    text = concatenated(tuple(printed), at, "")
    if append:
        if machine.repeated:
            more = unknown(f"what further rounds print into {path}", key=("rounds", machine.context.scope, at))
            text = concatenated([text, of_value(more, at)], at, "")
        if before is not None:
            text = concatenated([before.text, text], at, "")
    machine.written.append(Written(path, machine.spend(text), at, machine.state.branches))


def written_to(machine: Machine, path: Value) -> Written | None:
    """What the script has written to a path so far."""
    return next((written for written in reversed(machine.written) if written.path.same(path)), None)


def altered(machine: Machine, name: str | None, words: Sequence[Word], at: Span) -> None:
    """What the script wrote is not known any more where a command changes or removes it, or an unknown one may."""
    texts = [known_text(word) for word in words]
    if name in ("sed", "perl"):
        named = words if any(text is None or re.match(r"-\w*i|--in-place", text) for text in texts) else ()
    elif name in ("cp", "install"):
        named = words[-1:]
    else:
        named = words if name in (None, "mv", "rm", "truncate") else ()
    for word in named:
        path = joined_path(machine.state.directory, word.value)
        if path.string is None or written_to(machine, path) is not None:
            text = of_value(unknown(f"what {name} leaves", key=("altered", machine.context.scope, at)), at)
            machine.written.append(Written(path, text, at, machine.state.branches))


def _input(machine: Machine, operator: str, target: WrittenWord) -> Word | None:
    if operator.startswith("<<<"):
        word = single(machine, target)
        return replace(word, pieces=(*word.pieces, Piece("\n", target.at)))
    if operator.startswith("<<"):
        return single(machine, target)
    part = target.parts[0] if len(target.parts) == 1 else None
    if isinstance(part, Unread) and part.text.startswith("<("):
        return _process_substitution(machine, part)
    if isinstance(part, Literal) and part.text.isdigit() and "&" in operator:
        return None
    return content(machine, single(machine, target), target.at)


def _process_substitution(machine: Machine, part: Unread) -> Word:
    path, start = part.at.path, part.at.start + 2

    def locate(begin: int, end: int) -> Span:
        return part.at if machine.context.nested else Span(path, start + begin, start + end)

    program = parse(part.text[2:-1], locate, path)
    return machine.substitute(Substitution(program.body, part.at))


def content(machine: Machine, path: Word, at: Span) -> Word:
    """The text of a file that the script wrote, or of a small file of the workspace; otherwise unknown, as that of a
    template is, which somebody fills in before."""
    value = joined_path(machine.state.directory, path.value)
    written = written_to(machine, value)
    if written is not None:
        return written.text
    name = known_text(path)
    found = find(machine, name) if name else None
    source = machine.context.files.source(found) if found is not None else None
    if source is not None and len(source.text) <= 20_000 and not templates(source.text):
        whole = Span(source.path, 0, len(source.text))
        return Word((Piece(source.text, whole, True),), at, "", (Step(How.FILE, "read from this file", whole),))
    shown = f"the content of {path.value}"
    return of_value(unknown(shown, key=("content", machine.context.scope, str(value))), at)


def find(machine: Machine, name: str) -> str | None:
    """The file of the workspace that a name means here."""
    return machine.context.files.resolve(name, machine.state.directory.string, machine.file or None)
