"""What the body of a loop assigns: names and attributes, and which of them it only counts up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from dtlint.facts.script import (
    Assign,
    Attribute,
    AugAssign,
    Await,
    Call,
    ClassDef,
    Comprehension,
    Constant,
    Expr,
    For,
    FunctionDef,
    If,
    Jump,
    Lambda,
    Match,
    Name,
    Operation,
    Sequence,
    Starred,
    Stmt,
    Try,
    While,
    With,
)
from dtlint.facts.syntax import inside
from dtlint.record import record

Target = str | tuple[str, str]
"""A name, or the name of an object and its attribute."""


@record(eq=False)
class Assigned:
    node: For | While
    names: frozenset[str]
    attributes: frozenset[tuple[str, str]]
    """Names of objects with the names of their attributes."""
    processes: bool
    """Processes are started in it."""
    counters: Mapping[Target, bool]
    """What `_counters` found."""
    puts_together: bool
    """It does nothing but put texts, lists and dictionaries together."""


def assigned_by(node: For | While) -> Assigned:
    names: set[str] = set()
    attributes: set[tuple[str, str]] = set()
    processes = _scan(node.body, names, attributes)
    counters, together = _counters(node.body), _puts_together(node.body)
    return Assigned(node, frozenset(names), frozenset(attributes), processes, counters, together)


def _scan(body: tuple[Stmt, ...], names: set[str], attributes: set[tuple[str, str]]) -> bool:
    """Names and attributes that statements assign, inner functions left out; whether processes are started."""
    processes = False
    pending: list[object] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, FunctionDef | ClassDef):
            continue
        if isinstance(node, Assign):
            for target in node.targets:
                _targets(target, names, attributes)
        elif isinstance(node, AugAssign | For):
            _targets(node.target, names, attributes)
        elif isinstance(node, Call):
            func = node.func
            last = func.name if isinstance(func, Attribute) else func.id if isinstance(func, Name) else ""
            processes = processes or last == "Process"
        pending += inside(node)
    return processes


def _targets(target: Expr, names: set[str], attributes: set[tuple[str, str]]) -> None:
    match target:
        case Name(id=name):
            names.add(name)
        case Attribute(value=Name(id=owner), name=name):
            attributes.add((owner, name))
        case Sequence(items=items):
            for item in items:
                _targets(item, names, attributes)
        case Starred(value=inner):
            _targets(inner, names, attributes)
        case _:
            pass


def _counters(body: tuple[Stmt, ...]) -> Mapping[Target, bool]:
    """What the rounds of a loop only count up or set to a number again, as `step += 1` and `bad_epochs = 0` do, and
    whether every round surely counts it: no condition stands around, and no `continue` leads past it."""
    added: dict[Target, bool] = {}
    unsteady: set[Target] = set()
    otherwise: set[Target] = set()
    for target, value, operator, always in _assignments(body, not _skips(body)):
        if _adds(target, value, operator):
            added[target] = added.get(target, True) and always
        elif operator == "=" and _number(value):
            unsteady.add(target)
        else:
            otherwise.add(target)
    return {target: always and target not in unsteady for target, always in added.items() if target not in otherwise}


def _assignments(body: tuple[Stmt, ...], always: bool) -> Iterator[tuple[Target, Expr | None, str, bool]]:
    """Each target with what it is given, the operator, and whether every round comes to it."""
    for statement in body:
        match statement:
            case Assign(targets=(target,), value=value):
                yield from _each(target, value, "=", always)
            case Assign(targets=targets):
                for target in targets:
                    yield from _each(target, None, "=", always)
            case AugAssign(target=target, operator=operator, value=value):
                yield from _each(target, value, operator, always)
            case For(target=target):
                yield from _each(target, None, "=", always)
            case _:
                pass
        for inner in _bodies(statement):
            goes_on = isinstance(statement, With) or (isinstance(statement, For | While) and not _skips(inner))
            yield from _assignments(inner, always and goes_on)


def _bodies(statement: Stmt) -> tuple[tuple[Stmt, ...], ...]:
    match statement:
        case If(body=body, otherwise=otherwise) | For(body=body, otherwise=otherwise):
            return body, otherwise
        case While(body=body, otherwise=otherwise):
            return body, otherwise
        case With(body=body):
            return (body,)
        case Try(body=body, handlers=handlers, otherwise=otherwise, final=final):
            return body, *(handled for _, _, handled in handlers), otherwise, final
        case Match(cases=cases):
            return tuple(body for _, _, body in cases)
        case _:
            return ()


def _each(
    target: Expr, value: Expr | None, operator: str, always: bool
) -> Iterator[tuple[Target, Expr | None, str, bool]]:
    match target:
        case Name(id=name):
            yield name, value, operator, always
        case Attribute(value=Name(id=owner), name=name):
            yield (owner, name), value, operator, always
        case Sequence(items=items):
            for item in items:
                yield from _each(item, None, "=", always)
        case Starred(value=inner):
            yield from _each(inner, None, "=", always)
        case _:
            pass


def _adds(target: Target, value: Expr | None, operator: str) -> bool:
    """It makes the target greater by a number: `n += 1`, `n = n + 1`."""
    if operator == "+":
        return _number(value)
    if operator == "=" and isinstance(value, Operation) and value.operator == "+" and len(value.operands) == 2:
        left, right = value.operands
        return next((name for name, *_ in _each(left, None, "=", True)), None) == target and _number(right)
    return False


def _number(value: Expr | None) -> bool:
    return isinstance(value, Constant) and isinstance(value.value, int) and not isinstance(value.value, bool)


def _skips(body: tuple[Stmt, ...]) -> bool:
    """A `continue` of this loop may end a round early."""
    return any(
        (isinstance(statement, Jump) and statement.kind == "continue")
        or (not isinstance(statement, For | While) and any(map(_skips, _bodies(statement))))
        for statement in body
    )


_MAKERS: Final = frozenset((
    "append", "extend", "insert", "update", "format", "join", "replace", "lower", "upper", "strip", "lstrip", "rstrip",
    "startswith", "endswith", "items", "keys", "values", "get", "str", "int", "float", "repr", "len", "isinstance",
))  # fmt: skip
"""Functions and methods of texts, lists and dictionaries."""


def _puts_together(body: tuple[Stmt, ...]) -> bool:
    """The statements do nothing but put texts, lists and dictionaries together."""
    pending: list[object] = list(body)
    while pending:
        node = pending.pop()
        match node:
            case For() | While() | FunctionDef() | ClassDef() | With() | Try() | Comprehension() | Lambda() | Await():
                return False
            case Call(func=Name(id=called) | Attribute(name=called)) if called in _MAKERS:
                pass
            case Call():
                return False
            case _:
                pass
        pending += inside(node)
    return True
