"""What the body of a loop may assign, found without running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dtlint.facts.shell import (
    AndOr,
    ArithmeticCommand,
    Background,
    Case,
    Command,
    CountingFor,
    Declaration,
    Expression,
    For,
    Function,
    Group,
    If,
    Literal,
    Not,
    Parameter,
    Pipeline,
    Statement,
    Test,
    While,
    Word,
)

READING = frozenset({"read", "mapfile", "readarray", "getopts"})


@dataclass(slots=True)
class Assigned:
    names: set[str] = field(default_factory=set)
    shifts: bool = False
    called: set[str] = field(default_factory=set)


def assigned(statements: tuple[Statement, ...], functions: Mapping[str, Function]) -> Assigned:
    """The names that running the statements may assign, those of the functions that they call among them."""
    found = Assigned()
    for statement in statements:
        _collect(statement, found, functions)
    return found


def assigned_in(expression: Expression) -> Iterator[str]:
    if expression.operator in ("x++", "x--", "++x", "--x") or (
        expression.operator.endswith("=") and expression.operator not in ("==", "!=", "<=", ">=")
    ):
        word = expression.operands[0].word
        if word and len(word.parts) == 1 and isinstance(word.parts[0], Parameter):
            yield word.parts[0].name
    for operand in expression.operands:
        yield from assigned_in(operand)


def constant(loop: While) -> bool:
    """The condition never changes: `while true`, `while :`, `while ((1))`."""
    if len(loop.condition) != 1:
        return False
    condition = loop.condition[0]
    if isinstance(condition, Command) and len(condition.words) == 1:
        return _text(condition.words[0]) in (("false",) if loop.until else ("true", ":"))
    if isinstance(condition, ArithmeticCommand):
        word = condition.expression.word
        return not loop.until and word is not None and _text(word) == "1"
    if isinstance(condition, Test) and len(condition.words) == 1:
        return not loop.until and bool(_text(condition.words[0]))
    return False


def _text(word: Word) -> str:
    part = word.parts[0] if len(word.parts) == 1 else None
    return part.text if isinstance(part, Literal) else ""


def _collect(statement: Statement, found: Assigned, functions: Mapping[str, Function]) -> None:
    match statement:
        case Command():
            _collect_command(statement, found, functions)
        case Declaration():
            found.names.update(assignment.name for assignment in statement.assignments)
        case ArithmeticCommand():
            found.names.update(assigned_in(statement.expression))
        case For():
            found.names.add(statement.name)
            _collect_all(statement.body, found, functions)
        case CountingFor():
            for expression in (statement.init, statement.step):
                if expression is not None:
                    found.names.update(assigned_in(expression))
            _collect_all(statement.body, found, functions)
        case While():
            _collect_all((*statement.condition, *statement.body), found, functions)
        case If():
            for condition, body in statement.branches:
                _collect_all((*condition, *body), found, functions)
            _collect_all(statement.otherwise, found, functions)
        case Case():
            for _patterns, body in statement.branches:
                _collect_all(body, found, functions)
        case Group():
            if not statement.subshell:
                _collect_all(statement.body, found, functions)
        case AndOr():
            _collect(statement.left, found, functions)
            _collect(statement.right, found, functions)
        case Not():
            _collect(statement.body, found, functions)
        case Pipeline() | Background() | _:
            return


def _collect_all(
    statements: tuple[Statement, ...], found: Assigned, functions: Mapping[str, Function]
) -> None:
    for statement in statements:
        _collect(statement, found, functions)


def _collect_command(command: Command, found: Assigned, functions: Mapping[str, Function]) -> None:
    if not command.words:
        found.names.update(assignment.name for assignment in command.assignments)
        return
    name = _text(command.words[0])
    if name in ("shift", "set"):
        found.shifts = True
    elif name == "printf":
        if len(command.words) > 2 and _text(command.words[1]) == "-v":
            found.names.add(_text(command.words[2]))
    elif name in READING:
        found.names.update(text for word in command.words[1:] if (text := _text(word)).isidentifier())
        if name == "getopts":
            found.names.update(("OPTARG", "OPTIND"))
        elif name == "read" and len(command.words) == 1:
            found.names.add("REPLY")
    elif name in functions and name not in found.called:
        found.called.add(name)
        _collect_all(functions[name].body, found, functions)
