"""`$NAME` and `${…}`: what a parameter is, and what its operators make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dtlint.facts.shell import Literal, Parameter
from dtlint.facts.shell import Word as WrittenWord
from dtlint.run.environment import is_owned
from dtlint.run.shell import cut_lists, digits, expand, nodes, patterns
from dtlint.run.shell.chance import drawn
from dtlint.run.shell.state import Key, Variable
from dtlint.run.shell.words import concatenated, known_text, of_value, trails
from dtlint.run.word import Piece, Word
from dtlint.source import Span
from dtlint.value import Const, How, Reach, Step, Term, Value, known, unknown

if TYPE_CHECKING:
    from dtlint.run.shell.machine import Machine

SET: Final = "set"
UNSET: Final = "unset"
OPEN: Final = "open"
"""Nothing that was read sets it, but the user's shell may."""


def is_list(parameter: Parameter) -> bool:
    """It may become any number of words: `$@`, `${A[@]}`, `${!A[@]}`."""
    if parameter.length or parameter.hole is not None:
        return False
    return parameter.name in ("@", "*") or _all(parameter.index)


def joins(parameter: Parameter) -> bool:
    """In double quotes it is one word: `$*`, `${A[*]}`."""
    if parameter.index is not None:
        return parameter.index.parts[:1] != () and _text(parameter.index) == "*"
    return parameter.name == "*"


def _all(index: WrittenWord | None) -> bool:
    return index is not None and _text(index) in ("@", "*")


def _text(word: WrittenWord) -> str:
    part = word.parts[0] if len(word.parts) == 1 else None
    return part.text if isinstance(part, Literal) else ""


# -- lists


def words(machine: Machine, parameter: Parameter) -> list[Word]:
    """The members of a list, before splitting."""
    if parameter.name in ("@", "*"):
        members = list(machine.state.arguments)
    else:
        variable = machine.variable(parameter.name)
        if variable is None:
            found, presence = lookup(machine, parameter.name, parameter.at)
            members = [found] if presence == SET else []
            if presence == OPEN:
                members = [replace(found, many=True)]
        elif variable.entries is not None:
            if parameter.indirect:
                return [Word((Piece(str(key), parameter.at),), parameter.at, "") for key in variable.entries]
            members = list(variable.entries.values())
        else:
            members = [variable.word] if variable.word is not None else []
    operator = parameter.operator
    if not operator:
        return members
    if operator == ":":
        return _slice(machine, parameter, members)
    if operator in (":-", "-", ":+", "+", ":=", "=", ":?", "?"):
        return _list_default(machine, parameter, members)
    return [
        member if member.many else _transformed(machine, parameter, member, SET, parameter.operator)
        for member in members
    ]


def _list_default(machine: Machine, parameter: Parameter, members: list[Word]) -> list[Word]:
    open_ended = bool(members) and all(member.many for member in members)
    if parameter.operator in ("+", ":+"):
        if open_ended:
            return members
        return [expand.single(machine, parameter.arguments[0])] if members else []
    if members and not open_ended:
        return members
    if parameter.operator in ("-", ":-", ":=", "="):
        return [_default(machine, parameter)]
    return members


def _slice(machine: Machine, parameter: Parameter, members: list[Word]) -> list[Word]:
    bounds = [machine.number_in(argument) for argument in parameter.arguments]
    start, length = bounds[0].integer, bounds[1].integer if len(bounds) > 1 else None
    if start is None or (len(bounds) > 1 and length is None) or any(member.many for member in members):
        if start is not None and start >= 0 and len(bounds) == 1:
            return _dropped(machine, members, start - (1 if parameter.name in ("@", "*") else 0))
        return [_unknown_words(machine, parameter)]
    if parameter.name in ("@", "*") and start > 0:
        start -= 1
    rest = members[start:]
    return rest if length is None else rest[:length] if length >= 0 else []


def _dropped(machine: Machine, members: list[Word], count: int) -> list[Word]:
    for member in members[:count]:
        if member.many:
            return [member]
    return members[max(count, 0) :]


def _unknown_words(machine: Machine, parameter: Parameter) -> Word:
    value = unknown(machine.slice(parameter.at), key=("words", machine.context.scope, parameter.at))
    return Word((Piece(value, parameter.at),), parameter.at, "", many=True)


# -- single words


def word(machine: Machine, parameter: Parameter) -> Word:
    """The parameter as one text, before splitting."""
    if parameter.hole is not None:
        holes = machine.context.holes
        if parameter.hole < len(holes):
            return holes[parameter.hole]
        return of_value(unknown("a hole", key=("hole", machine.context.scope, parameter.at)), parameter.at)
    if parameter.length:
        return of_value(_length(machine, parameter), parameter.at)
    if is_list(parameter):
        members = words(machine, parameter)
        if len(members) == 1:
            return replace(members[0], many=False)
        between = _between(machine, parameter)
        joined = [member for found in members for member in (between, found)][1:]
        return concatenated(joined, parameter.at, "")
    if parameter.indirect:
        return _indirect(machine, parameter)
    if parameter.index is not None:
        found, presence = _element(machine, parameter.name, parameter.index, parameter.at)
    else:
        found, presence = lookup(machine, parameter.name, parameter.at)
    return _transformed(machine, parameter, found, presence, parameter.operator)


def _between(machine: Machine, parameter: Parameter) -> Word:
    """What stands between the members of a list that is one text: `*` puts the first character of `IFS` there."""
    separators = machine.separators() if joins(parameter) else " "
    if separators is None:
        value = unknown("$IFS", key=("separator", machine.context.scope, parameter.at))
        return of_value(value, parameter.at)
    return Word((Piece(separators[0], parameter.at),) if separators else (), parameter.at, "")


def _indirect(machine: Machine, parameter: Parameter) -> Word:
    name = known_text(lookup(machine, parameter.name, parameter.at)[0])
    if name is None or not name.isidentifier():
        value = unknown(machine.slice(parameter.at), key=("indirect", machine.context.scope, parameter.at))
        return of_value(value, parameter.at)
    found, presence = lookup(machine, name, parameter.at)
    return _transformed(machine, parameter, found, presence, parameter.operator)


def _length(machine: Machine, parameter: Parameter) -> Value:
    if parameter.name in ("@", "*") or _all(parameter.index):
        return count(machine, words(machine, replace(parameter, length=False)), parameter.at)
    found = word(machine, replace(parameter, length=False))
    text = known_text(found)
    if text is not None:
        return known(len(text)).after(found.trail)
    key = ("length", machine.context.scope, parameter.at)
    return unknown(machine.slice(parameter.at), key=key, low=0, whole=True, trail=found.trail)


def count(machine: Machine, members: list[Word], at: Span) -> Value:
    """How many words they are."""
    if not any(member.many for member in members):
        return known(len(members)).after(*(member.trail for member in members[:1]))
    if nodes.among(members):
        return nodes.count(machine)
    sure = sum(not member.many for member in members)
    symbols = tuple(_key(member) for member in members if member.many)
    return unknown("the number of words", key=("count", sure, symbols), low=sure, whole=True)


def _key(member: Word) -> object:
    content = member.pieces[0].content if member.pieces else ""
    return content.content if isinstance(content, Value) and isinstance(content.content, Term) else str(content)


def _element(machine: Machine, name: str, index: WrittenWord, at: Span) -> tuple[Word, str]:
    variable = machine.variable(name)
    if name == "BASH_SOURCE" and variable is None:
        return lookup(machine, name, at)
    key = machine.index(index, variable)
    if variable is None:
        if key == 0:
            return lookup(machine, name, at)
        found, presence = lookup(machine, name, at)
        if presence == UNSET:
            return found, UNSET
        return of_value(unknown(f"{name}[{key}]", key=("item", machine.context.scope, name, key)), at), presence
    if key is None:
        if variable.entries and not any(member.many for member in variable.entries.values()) and all(
            member.value.known for member in variable.entries.values()
        ):
            led = [member.trail for member in variable.entries.values()]
            key_of = ("item", machine.context.scope, at, _index_key(machine, index))
            shown = machine.slice(at)
            return of_value(unknown(shown, key=key_of, trail=trails(*led)), at), SET
        shown = machine.slice(at)
        return of_value(unknown(shown, key=("item", machine.context.scope, at, _index_key(machine, index))), at), SET
    entries: dict[Key, Word] = variable.entries or ({0: variable.word} if variable.word is not None else {})
    return item(machine, name, entries, key, at)


def _index_key(machine: Machine, index: WrittenWord) -> object:
    value = machine.number_in(index)
    return value.content if isinstance(value.content, Term | Const) else str(value)


def item(machine: Machine, name: str, entries: dict[Key, Word], key: Key, at: Span) -> tuple[Word, str]:
    """One item of an array."""
    empty = Word((), at, "")
    if isinstance(key, int):
        if key < 0:
            known_keys = [other for other in entries if isinstance(other, int)]
            if any(member.many for member in entries.values()):
                return of_value(unknown(f"{name}[{key}]", key=("item", machine.context.scope, name, key)), at), OPEN
            key = (max(known_keys) + 1 if known_keys else 0) + key
        for place, member in entries.items():
            if isinstance(place, int) and place <= key and member.many:
                return nodes.further(machine, member, key - place, f"{name}[{key}]", at), OPEN
    elif any(member.many for member in entries.values()):
        return of_value(unknown(f"{name}[{key}]", key=("item", machine.context.scope, name, key)), at), OPEN
    found = entries.get(key)
    return (found, SET) if found is not None else (empty, UNSET)


# -- operators


def _transformed(machine: Machine, parameter: Parameter, found: Word, presence: str, operator: str) -> Word:
    if not operator:
        return found
    if operator in (":-", "-", ":=", "="):
        chosen = _with_default(machine, parameter, found, presence, operator.startswith(":"))
        if chosen is not found and operator in (":=", "=") and parameter.name.isidentifier():
            machine.assign(parameter.name, chosen, parameter.at)
        return chosen
    if operator in (":+", "+"):
        return _alternative(machine, parameter, found, presence, operator.startswith(":"))
    if operator in (":?", "?"):
        return found
    function = _function(machine, parameter, operator)
    if presence == UNSET:
        function_of_nothing = known_text(found)
        if function_of_nothing == "":
            return found
    shown = machine.slice(parameter.at)
    value = found.value
    if operator == ":" and (ending := _ending(machine, parameter, value)) is not None:
        return of_value(ending, parameter.at)
    if function is None:
        key = ("expansion", machine.context.scope, parameter.at, operator)
        return of_value(unknown(shown, key=key, reach=value.reach, trail=found.trail), parameter.at)
    made = cut_lists.begun(machine, value)
    if made is not None:
        cut = cut_lists.cut(machine, tuple(function(text) for text in made), parameter.at)
        return of_value(cut.after(found.trail), parameter.at)
    computed = value.as_text().mapped(shown, lambda scalar: function(str(scalar)))
    return of_value(computed, parameter.at)


def _ending(machine: Machine, parameter: Parameter, value: Value) -> Value | None:
    """`${SLURM_JOB_ID: -4}`."""
    if len(parameter.arguments) != 1:
        return None
    start = machine.number_in(parameter.arguments[0]).integer
    return digits.last(value, -start) if start is not None else None


def _with_default(machine: Machine, parameter: Parameter, found: Word, presence: str, colon: bool) -> Word:
    if presence == SET:
        if not colon:
            return found
        text = known_text(found)
        if text is not None:
            return found if text else _default(machine, parameter)
        if any(isinstance(piece.content, str) for piece in found.pieces):
            return found
        options = found.value.options
        if options and any(str(option) == "" for option in options):
            default = _default(machine, parameter)
            value = machine.either(found.value, default.value, parameter.at)
            return of_value(value, parameter.at)
        return found
    return _default(machine, parameter)


def _default(machine: Machine, parameter: Parameter) -> Word:
    step = Step(How.DEFAULT, machine.shortened(parameter.at), parameter.at)
    if not parameter.arguments:
        return Word((), parameter.at, "", (step,))
    default = expand.single(machine, parameter.arguments[0])
    return replace(default, trail=trails((step,), default.trail))


def _alternative(machine: Machine, parameter: Parameter, found: Word, presence: str, colon: bool) -> Word:
    if presence == UNSET:
        return Word((), parameter.at, "")
    text = known_text(found)
    sure = presence == SET and (
        not colon or bool(text) or any(isinstance(piece.content, str) for piece in found.pieces)
    )
    if sure:
        return expand.single(machine, parameter.arguments[0]) if parameter.arguments else found
    if presence == SET and text == "":
        return Word((), parameter.at, "")
    key = ("alternative", machine.context.scope, parameter.at)
    return of_value(unknown(machine.slice(parameter.at), key=key), parameter.at)


def _function(machine: Machine, parameter: Parameter, operator: str) -> Callable[[str], str] | None:
    """What the operator does to a known text, which may raise `ValueError`; None where its operands are not known."""
    arguments = parameter.arguments
    if operator == ":":
        bounds = [machine.number_in(argument).integer for argument in arguments]
        if None in bounds:
            return None
        start, length = bounds[0] or 0, bounds[1] if len(bounds) > 1 else None
        return lambda text: _substring(text, start, length)
    if operator in ("^", "^^", ",", ",,"):
        if arguments and arguments[0].parts:
            return None
        change = str.upper if operator[0] == "^" else str.lower
        return change if len(operator) == 2 else lambda text: change(text[:1]) + text[1:]
    expression = expand.pattern(machine, arguments[0]) if arguments else None
    if expression is None:
        return None
    if operator in ("#", "##", "%", "%%"):
        return lambda text: patterns.trimmed(expression, text, operator)
    if operator.startswith("/"):
        replacement = known_text(expand.single(machine, arguments[1])) if len(arguments) > 1 else ""
        if replacement is None:
            return None
        return lambda text: patterns.replaced(expression, text, replacement, operator)
    return None


def _substring(text: str, start: int, length: int | None) -> str:
    if start < 0:
        start += len(text)
        if start < 0:
            return ""
    stop = len(text) if length is None else start + length if length >= 0 else len(text) + length
    if stop < start and length is not None and length < 0:
        raise ValueError(text)
    return text[start:stop]


# -- looking up


def lookup(machine: Machine, name: str, at: Span) -> tuple[Word, str]:
    """What a name holds, and whether it is set, unset, or nobody knows."""
    if not (name[0].isalpha() or name[0] == "_"):
        return _special(machine, name, at)
    variable = machine.state.variables.get(name)
    if variable is not None:
        return _held(variable, at)
    environment = machine.context.environment
    if environment.set(name) or name in environment.assumed:
        value = environment.get(name)
        return of_value(value, at), UNSET if value.is_absent else SET
    dynamic = _dynamic(machine, name, at)
    if dynamic is not None:
        return dynamic, SET
    if machine.state.opened and is_owned(name):
        environment = environment.opened()
    machine.wanted.setdefault(name)
    value = environment.get(name)
    return of_value(value, at), UNSET if value.is_absent else OPEN


def _held(variable: Variable, at: Span) -> tuple[Word, str]:
    if variable.word is not None:
        return variable.word, SET
    if variable.entries is not None:
        first = variable.entries.get(0, variable.entries.get("0"))
        if first is None:
            return Word((), at, ""), UNSET
        return (replace(first, many=False), OPEN) if first.many else (first, SET)
    return Word((), at, ""), UNSET


def _special(machine: Machine, name: str, at: Span) -> tuple[Word, str]:
    state, scope = machine.state, machine.context.scope
    if name == "0":
        if machine.context.name:
            return Word((Piece(machine.context.name, at),), at, ""), SET
        return of_value(unknown("$0", key=("shell", scope, "$0")), at), SET
    if name.isdigit():
        return argument(machine, int(name), at)
    match name:
        case "@" | "*":
            return word(machine, Parameter(name, at)), SET
        case "#":
            return of_value(count(machine, list(state.arguments), at), at), SET
        case "?":
            return of_value(unknown("$?", key=("status", scope, at), low=0, high=255, whole=True), at), SET
        case "$" | "!":
            return of_value(drawn(machine, f"${name}", at, 1, 2**22, fresh=name == "!"), at), SET
        case _:
            return of_value(unknown(f"${name}", key=("shell", scope, name)), at), SET


def argument(machine: Machine, number: int, at: Span) -> tuple[Word, str]:
    """`$1` and further."""
    for place, member in enumerate(machine.state.arguments):
        if member.many:
            shifted = machine.state.shifted
            if shifted is None:
                key: object = ("argument", machine.context.scope, at)
            else:
                key = ("argument", _key(member), number - 1 - place + shifted)
            return of_value(unknown(f"${number}", key=("shell", key)), at), OPEN
        if place == number - 1:
            return member, SET
    return Word((), at, ""), UNSET


def _dynamic(machine: Machine, name: str, at: Span) -> Word | None:
    scope = machine.context.scope
    match name:
        case "RANDOM":
            return of_value(drawn(machine, "$RANDOM", at, 0, 32_767), at)
        case "SRANDOM":
            return of_value(drawn(machine, "$SRANDOM", at, 0, 2**32 - 1), at)
        case "EPOCHSECONDS" | "EPOCHREALTIME":
            return of_value(drawn(machine, f"${name}", at, 1_700_000_000, 2**40), at)
        case "BASHPID":
            return of_value(drawn(machine, "$BASHPID", at, 1, 2**22), at)
        case "SECONDS":
            return of_value(unknown("$SECONDS", key=("seconds", scope, at), low=0, whole=True), at)
        case "HOSTNAME":
            return of_value(machine.context.host.name, at)
        case "PWD":
            return of_value(machine.working_directory(at), at)
        case "BASH_SOURCE" | "BASH_ARGV0":
            path = machine.file if name == "BASH_SOURCE" else machine.context.name
            if path:
                return Word((Piece(path, at),), at, "")
            return None
        case "IFS":
            return Word((Piece(" \t\n", at),), at, "")
        case "FUNCNAME" | "LINENO" | "UID" | "EUID" | "PPID" | "BASH_VERSION" | "OSTYPE" | "MACHTYPE":
            return of_value(unknown(f"${name}", key=("shell", scope, name), reach=Reach.UNSEEN), at)
        case _:
            return None
