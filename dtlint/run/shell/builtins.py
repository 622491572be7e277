"""Commands that the shell runs itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dtlint.facts.shell import Assignment, Declaration
from dtlint.read.shell import read as read_source
from dtlint.run.shell import nodes, rounds
from dtlint.run.shell.context import VariableSet
from dtlint.run.shell.expand import fields
from dtlint.run.shell.nested import nested
from dtlint.run.shell.paths import joined_path
from dtlint.run.shell.printing import formatted, unescaped
from dtlint.run.shell.redirections import find, written_to
from dtlint.run.shell.state import Key, Variable
from dtlint.run.shell.words import BLANKS, between, concatenated, from_lines, known_text, lines, of_value, split
from dtlint.run.word import Piece, Word
from dtlint.source import Span
from dtlint.value import FALSE, TRUE, Items, Value, known, undecided, unknown

if TYPE_CHECKING:
    from dtlint.run.shell.machine import Machine

Builtin = Callable[["Machine", "list[Word]", Span], bool]

HARMLESS: Final = re.compile(
    r"(?:^|/)(?:activate|conda\.sh|\.?bashrc|\.?bash_profile|\.?profile|\.?zshrc|setvars\.sh|nvm\.sh|lmod|"
    r"modules?\.(?:sh|bash)|init/(?:ba)?sh|mpivars\.sh|\.cargo/env)$|^/etc/"
)
"""What these set up (an interpreter, search paths, modules) is never a variable that launchers own."""
MOST_LINES: Final = 256


# -- declarations


def declare(machine: Machine, statement: Declaration) -> None:
    """`export`, `declare`, `local`, `readonly`, `typeset`, `unset`."""
    letters = "".join(flag[1:] for flag in statement.flags if flag.startswith("-"))
    removed = "".join(flag[1:] for flag in statement.flags if flag.startswith("+"))
    keyword = statement.keyword
    if keyword == "unset":
        for assignment in statement.assignments:
            _unset(machine, assignment.name, "f" in letters)
        for word in statement.words:
            for field in fields(machine, word):
                name = known_text(field)
                if name is not None and name.isidentifier():
                    _unset(machine, name, "f" in letters)
        return
    if "f" in letters or "F" in letters or "p" in letters:
        return
    exported = (keyword == "export" and "n" not in letters) or (keyword != "export" and "x" in letters)
    local = keyword == "local" or (keyword in ("declare", "typeset") and "g" not in letters)
    for assignment in statement.assignments:
        if local and machine.state.locals:
            machine.state.locals[-1].setdefault(assignment.name, machine.variable(assignment.name))
        _attributes(machine, assignment, letters, keyword)
        if assignment.value is not None or assignment.array is not None:
            machine.assignment(assignment, exported=exported)
        elif local and keyword == "local" and machine.state.locals:
            machine.set_variable(assignment.name, replace(machine.variable(assignment.name) or Variable(), word=None))
        if exported and assignment.value is None and assignment.array is None:
            _export(machine, assignment.name, assignment.at)
        if "n" in letters and keyword != "export":
            machine.forget((assignment.name,), assignment.at)
        elif "n" in letters or "x" in removed:
            before = machine.variable(assignment.name)
            if before is not None:
                machine.set_variable(assignment.name, replace(before, exported=False))
                machine.state.exports = None
    for word in statement.words:
        for field in fields(machine, word):
            assign_text(machine, field, word.at, exported)


def _attributes(machine: Machine, assignment: Assignment, letters: str, keyword: str) -> None:
    before = machine.variable(assignment.name)
    if keyword == "local" or (before is not None and "A" in letters and not before.associative):
        before = None
    if "A" in letters:
        machine.set_variable(assignment.name, before or Variable(None, {}, associative=True))
    elif "a" in letters and before is None:
        machine.set_variable(assignment.name, Variable(None, {}))
    elif "i" in letters:
        machine.set_variable(assignment.name, replace(before or Variable(), integer=True))
    elif keyword == "local" and before is None and machine.state.locals:
        machine.state.variables.pop(assignment.name, None)
        machine.state.exports = None


def _export(machine: Machine, name: str, at: Span) -> None:
    variable = machine.variable(name)
    if variable is None or variable.exported or variable.word is None:
        return
    machine.set_variable(name, replace(variable, exported=True))
    machine.sets.append(VariableSet(name, variable.word.value, at, True, machine.state.branches))


def _unset(machine: Machine, name: str, function: bool) -> None:
    if function:
        machine.state.functions.pop(name, None)
        return
    machine.set_variable(name, Variable())
    machine.state.exports = None


def assign_text(machine: Machine, field: Word, at: Span, exported: bool) -> None:
    """`export "$name=$value"`: an assignment that is only known after expansion."""
    head = field.pieces[0].content if field.pieces else ""
    name = head.partition("=")[0] if isinstance(head, str) and "=" in head else ""
    if name.isidentifier() and not field.many:
        machine.assign(name, field.cut(len(name) + 1), at, exported=exported)
    elif isinstance(head, str) and head.isidentifier() and len(field.pieces) == 1:
        _export(machine, head, at)
    else:
        machine.state.opened = True
        machine.state.exports = None


# -- printing


def _echo(machine: Machine, words: list[Word], at: Span) -> bool:
    rest = words[1:]
    end, escapes = True, False
    while rest and (flag := known_text(rest[0])) is not None and re.match(r"-[neE]+\Z", flag):
        end = end and "n" not in flag
        escapes = escapes or "e" in flag
        rest = rest[1:]
    if machine.state.output is None:
        return True
    pieces: list[Piece] = []
    for word in rest:
        if pieces or word is not rest[0]:
            pieces.append(Piece(" ", word.at))
        pieces.extend(word.pieces)
    if end:
        pieces.append(Piece("\n", at))
    text = replace(concatenated(rest, at, ""), pieces=tuple(pieces))
    machine.emit(unescaped(text) if escapes else text)
    return True


def _printf(machine: Machine, words: list[Word], at: Span) -> bool:
    rest = words[1:]
    target = ""
    if len(rest) > 1 and known_text(rest[0]) == "-v":
        target = known_text(rest[1]) or ""
        rest = rest[2:]
    if rest and known_text(rest[0]) == "--":
        rest = rest[1:]
    printed = formatted(rest, at) if rest else Word((), at, "")
    if printed is None:
        shown = machine.shortened(at)
        printed = of_value(unknown(shown, key=("printf", machine.context.scope, at)), at)
    if target.isidentifier():
        machine.assign(target, printed, at)
    elif machine.state.output is not None:
        machine.emit(printed)
    return True


def _pwd(machine: Machine, _words: list[Word], at: Span) -> bool:
    machine.emit(of_value(machine.working_directory(at), at))
    return True


# -- directories


def _cd(machine: Machine, words: list[Word], at: Span) -> bool:
    rest = [word for word in words[1:] if known_text(word) not in ("--", "-P", "-L", "-e")]
    machine.state.directory = destination(machine, rest[0] if rest else None, at)
    machine.status, machine.presumed = undecided(), True
    return True


def destination(machine: Machine, word: Word | None, at: Span) -> Value:
    """Where `cd` leads."""
    if word is None:
        return unknown("the home folder", key=("home", machine.context.scope))
    name = known_text(word)
    value = word.value
    if name is None:
        return value if not word.many else unknown(str(value), key=("cd", machine.context.scope, at))
    if name == "-":
        return unknown("the folder before", key=("cd", machine.context.scope, at))
    if name in ("", "."):
        return machine.state.directory
    files = machine.context.files
    target = joined_path(machine.state.directory, value)
    found = target.string
    plain = joined_path(known("."), value)
    if not name.startswith(("/", "~")):
        if found is not None and files.is_directory(found):
            return target
        # The folder of `$0` and `pwd` are paths from the workspace root.
        root = plain.string
        if root is not None and files.is_directory(root):
            return plain
        if machine.state.directory.string is None:
            return unknown(f"{machine.state.directory}/{name}", key=("cd", str(machine.state.directory), name))
    if found is None or found.startswith(".."):
        return unknown(name, key=("cd", machine.context.scope, name))
    return target


def _pushd(machine: Machine, words: list[Word], at: Span) -> bool:
    stack = machine.variable("DIRSTACK")
    entries: dict[Key, Word] = dict(stack.entries or {}) if stack is not None else {}
    entries[len(entries)] = of_value(machine.state.directory, at)
    machine.set_variable("DIRSTACK", Variable(None, entries))
    return _cd(machine, words, at)


def _popd(machine: Machine, _words: list[Word], at: Span) -> bool:
    stack = machine.variable("DIRSTACK")
    entries: dict[Key, Word] = dict(stack.entries or {}) if stack is not None else {}
    if entries:
        _key, before = entries.popitem()
        machine.state.directory = before.value
        machine.set_variable("DIRSTACK", Variable(None, entries))
    else:
        machine.state.directory = unknown("the folder before", key=("popd", machine.context.scope, at))
    return True


# -- control


def _status(word: Word | None) -> bool | None:
    number = known_text(word) if word is not None else "0"
    if number is None or not number.isdigit():
        return None
    return int(number) == 0


def _exit(machine: Machine, _words: list[Word], _at: Span) -> bool:
    return machine.exit()


def _return(machine: Machine, words: list[Word], _at: Span) -> bool:
    success = _status(words[1]) if len(words) > 1 else True
    if len(words) == 1:
        status = machine.status
    else:
        status = undecided() if success is None else TRUE if success else FALSE
    return machine.leave_frame(status)


def _levels(words: list[Word]) -> int:
    text = known_text(words[1]) if len(words) > 1 else "1"
    return int(text) if text is not None and text.isdigit() and len(text) < 4 and int(text) > 0 else 1


def _break(machine: Machine, words: list[Word], _at: Span) -> bool:
    return rounds.leave(machine, _levels(words), again=False)


def _continue(machine: Machine, words: list[Word], _at: Span) -> bool:
    return rounds.leave(machine, _levels(words), again=True)


def _true(_machine: Machine, _words: list[Word], _at: Span) -> bool:
    return True


def _false(machine: Machine, _words: list[Word], _at: Span) -> bool:
    machine.status = FALSE
    return True


def _shift(machine: Machine, words: list[Word], _at: Span) -> bool:
    text = known_text(words[1]) if len(words) > 1 else "1"
    state = machine.state
    if text is None or not text.isdigit() or len(text) > 4:
        state.shifted = None
        return True
    count = int(text)
    arguments = list(state.arguments)
    while count and arguments:
        if arguments[0].many:
            if state.shifted is not None:
                state.shifted += count
            break
        arguments.pop(0)
        count -= 1
    else:
        if count:
            machine.status = FALSE
            return True
    state.arguments = tuple(arguments)
    return True


def _set(machine: Machine, words: list[Word], _at: Span) -> bool:
    place = 1
    while place < len(words):
        text = known_text(words[place])
        if text == "--":
            machine.state.arguments, machine.state.shifted = tuple(words[place + 1 :]), 0
            return True
        if text is None or text[:1] not in ("-", "+") or len(text) < 2:
            machine.state.arguments, machine.state.shifted = tuple(words[place:]), 0
            return True
        option = known_text(words[place + 1]) if text[1:].endswith("o") and place + 1 < len(words) else None
        if "a" in text[1:] or option == "allexport":
            machine.state.allexport = text[0] == "-"
        place += 2 if option is not None else 1
    return True


def _wait(machine: Machine, _words: list[Word], _at: Span) -> bool:
    machine.wait()
    machine.status, machine.presumed = undecided(), True
    return True


def _eval(machine: Machine, words: list[Word], at: Span) -> bool:
    pieces: list[Piece] = []
    for word in words[1:]:
        if pieces:
            pieces.append(Piece(" ", word.at))
        pieces.extend(word.pieces)
    text = replace(concatenated(words[1:], at, ""), pieces=tuple(pieces))
    return run_here(machine, text)


def run_here(machine: Machine, text: Word) -> bool:
    """Runs a text in this shell."""
    inner = nested(text)
    if inner is None or machine.depth >= machine.context.budget.depth:
        return True
    before = machine.context
    machine.context = replace(before, holes=inner.holes, nested=True, steps=inner.steps)
    machine.depth += 1
    try:
        return machine.block(inner.program.body)
    finally:
        machine.depth -= 1
        machine.context = before


def _source(machine: Machine, words: list[Word], at: Span) -> bool:
    if len(words) < 2:
        return True
    machine.status, machine.presumed = undecided(), True
    target = words[1]
    written = written_to(machine, joined_path(machine.state.directory, target.value))
    if written is not None:
        return machine.framed(lambda: run_here(machine, written.text), at)
    name = known_text(target)
    if name is None:
        # Where only the beginning is not known, the end may name one file of the workspace.
        tail = target.pieces[-1].content if target.pieces else ""
        name = tail[tail.index("/") :] if isinstance(tail, str) and "/" in tail else ""
    path = find(machine, name) if name else None
    program = None
    if path is not None:
        program = machine.context.files.shell(path)
        source = machine.context.files.source(path) if program is None else None
        if source is not None:
            program = read_source(source)
    if path is None or program is None:
        if not HARMLESS.search(name) and not HARMLESS.search(str(target.value)):
            machine.state.opened = True
            machine.state.exports = None
            machine.wait()  # what is not known may wait
        return True
    machine.sourced.setdefault(path)
    before = machine.file, machine.context, machine.state.arguments, machine.state.shifted
    machine.file = path
    machine.context = replace(machine.context, holes=(), nested=False, steps={})
    if len(words) > 2:
        machine.state.arguments, machine.state.shifted = tuple(words[2:]), 0
    body = program.body
    alive = machine.framed(lambda: machine.block(body), at)
    machine.file, machine.context = before[:2]
    if len(words) > 2:
        machine.state.arguments, machine.state.shifted = before[2:]
    return alive


def _exec(machine: Machine, words: list[Word], at: Span) -> bool:
    rest = words[1:]
    while rest and known_text(rest[0]) in ("-c", "-l"):
        rest = rest[1:]
    if rest and known_text(rest[0]) == "-a":
        rest = rest[2:]
    if not rest:
        return True
    machine.external(rest, at)
    return machine.exit()


def _command(machine: Machine, words: list[Word], at: Span) -> bool:
    rest = words[1:]
    if rest and known_text(rest[0]) == "-p":
        rest = rest[1:]
    if not rest:
        return True
    if known_text(rest[0]) in ("-v", "-V"):
        machine.status = undecided()
        if len(rest) > 1:
            machine.emit(rest[1])
        return True
    name = known_text(rest[0])
    if name in BUILTINS:
        return BUILTINS[name](machine, rest, at)
    machine.external(rest, at)
    return True


# -- input


def _read(machine: Machine, words: list[Word], at: Span) -> bool:
    names, array, whole = _read_options(words)
    stdin = machine.state.stdin
    listed = lines(stdin) if stdin is not None else None
    if whole and listed is not None and stdin is not None:
        machine.assign(names[0] if names else "REPLY", stdin, at)
        machine.state.stdin = Word((), at, "")
        machine.status = FALSE
        return True
    separators = machine.separators()
    if listed is None or separators is None or (not listed[0] and not listed[1]):
        machine.forget((*names, *((array,) if array else ()), *(() if names or array else ("REPLY",))), at)
        machine.status = undecided()
        return True
    members, complete = listed
    if not members:
        for name in names or ("REPLY",):
            machine.assign(name, Word((), at, ""), at)
        machine.status = FALSE
        return True
    machine.state.stdin = from_lines(members[1:], at) if complete else None
    found = [field for field in split(members[0].pieces, separators) if field.pieces or field.closed]
    parts = [Word(field.pieces, at, "", members[0].trail) for field in found]
    if array:
        machine.assign(array, Word((), at, ""), at, array=dict(enumerate(parts)))
    elif not names:
        machine.assign("REPLY", members[0], at)
    elif len(names) == 1:
        machine.assign(names[0], _trimmed(members[0], separators), at)
    else:
        for place, name in enumerate(names[:-1]):
            machine.assign(name, parts[place] if place < len(parts) else Word((), at, ""), at)
        machine.assign(names[-1], _rest(members[0], parts[len(names) - 1 :], len(names) - 1, separators), at)
    return True


def _rest(line: Word, fields: list[Word], count: int, separators: str) -> Word:
    """What is left of a line behind `count` fields, with the separators inside."""
    text = known_text(line)
    if text is None:
        gap = Word((Piece(separators.strip()[:1] or " ", line.at),), line.at, "")
        return concatenated([word for field in fields for word in (gap, field)][1:], line.at, "")
    blanks = "".join(char for char in separators if char in BLANKS)
    start = len(text) - len(text.lstrip(blanks))
    for _ in range(count):
        while start < len(text) and text[start] not in separators:
            start += 1
        begin = start
        while start < len(text) and (text[start] in blanks or (start == begin and text[start] in separators)):
            start += 1
    return between(line, start, max(start, len(text.rstrip(blanks))))


def _trimmed(word: Word, separators: str) -> Word:
    text = known_text(word)
    if text is None:
        return word
    blanks = "".join(char for char in separators if char in BLANKS)
    left = len(text) - len(text.lstrip(blanks))
    return between(word, left, max(left, len(text.rstrip(blanks))))


def _read_options(words: list[Word]) -> tuple[list[str], str, bool]:
    names: list[str] = []
    array, whole = "", False
    place = 1
    while place < len(words):
        text = known_text(words[place]) or ""
        place += 1
        if text.startswith("-") and len(text) > 1:
            letter = text[-1]
            if letter in "dpntNiu":
                whole = whole or (letter == "d" and place < len(words) and known_text(words[place]) == "")
                place += 1
            elif letter == "a" and place < len(words):
                array = known_text(words[place]) or ""
                place += 1
        elif text.isidentifier():
            names.append(text)
    return names, array, whole


def _mapfile(machine: Machine, words: list[Word], at: Span) -> bool:
    name = "MAPFILE"
    for word in words[1:]:
        text = known_text(word) or ""
        if text.isidentifier():
            name = text
    stdin = machine.state.stdin
    listed = lines(stdin) if stdin is not None else None
    entries: dict[Key, Word] = {}
    if stdin is None or listed is None or len(listed[0]) > MOST_LINES:
        value = unknown(f"${name}", key=("mapfile", machine.context.scope, at))
        entries[0] = Word((Piece(value, at),), at, "", many=True)
    else:
        members, complete = listed
        entries = dict(enumerate(members))
        content = stdin.pieces[0].content if stdin.pieces else ""
        if not complete and isinstance(content, Value) and isinstance(content.content, Items):
            entries[len(entries)] = nodes.rest(machine, content.content, stdin)
    machine.assign(name, Word((), at, ""), at, array=entries)
    return True


def _getopts(machine: Machine, words: list[Word], at: Span) -> bool:
    options = known_text(words[1]) if len(words) > 2 else None
    name = known_text(words[2]) if len(words) > 2 else None
    index_word = machine.variable("OPTIND")
    index = known_text(index_word.word) if index_word is not None and index_word.word is not None else "1"
    arguments = words[3:] or list(machine.state.arguments)
    if options is None or name is None or index is None or not index.isdigit() or any(
        word.many or known_text(word) is None for word in arguments[: int(index)]
    ):
        machine.forget((name or "OPT", "OPTARG", "OPTIND"), at)
        machine.status = undecided()
        return True
    place = int(index) - 1
    argument = known_text(arguments[place]) if place < len(arguments) else None
    if argument is None or not argument.startswith("-") or argument in ("-", "--"):
        machine.status = FALSE
        return True
    letter = argument[1]
    place += 1
    if f"{letter}:" in options:
        if len(argument) > 2:
            machine.assign("OPTARG", arguments[place - 1].cut(2), at, step=False)
        elif place < len(arguments):
            machine.assign("OPTARG", arguments[place], at, step=False)
            place += 1
    elif len(argument) > 2:
        machine.forget((name, "OPTARG", "OPTIND"), at)
        machine.status = undecided()
        return True
    machine.assign(name, Word((Piece(letter if letter in options else "?", at),), at, ""), at, step=False)
    machine.set_variable("OPTIND", Variable(Word((Piece(str(place + 1), at),), at, "")))
    return True


def _export_words(machine: Machine, words: list[Word], at: Span) -> bool:
    """`builtin export …`, `$EXPORT A=1`: a declaration that is only known after expansion."""
    exported = known_text(words[0]) == "export"
    for word in words[1:]:
        text = known_text(word)
        if text is None or not text.startswith("-"):
            assign_text(machine, word, at, exported)
    return True


BUILTINS: Final[dict[str, Builtin]] = {
    ":": _true, "true": _true, "false": _false, "echo": _echo, "printf": _printf, "cd": _cd, "chdir": _cd,
    "pushd": _pushd, "popd": _popd, "pwd": _pwd, "exit": _exit, "logout": _exit, "return": _return, "break": _break,
    "continue": _continue, "shift": _shift, "set": _set, "shopt": _true, "eval": _eval, "source": _source,
    ".": _source, "exec": _exec, "command": _command, "builtin": _command, "read": _read, "mapfile": _mapfile,
    "readarray": _mapfile, "wait": _wait, "getopts": _getopts, "export": _export_words, "declare": _export_words,
    "local": _export_words, "readonly": _export_words, "umask": _true, "hash": _true,
}  # fmt: skip
