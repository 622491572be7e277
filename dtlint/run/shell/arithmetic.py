"""Shell arithmetic on values: integers, C's rounding, unknowns as terms."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Final

from dtlint.facts.shell import Arithmetic, Command, Expression, Parameter
from dtlint.read.shell import parse
from dtlint.run.shell import digits
from dtlint.run.shell.expand import single
from dtlint.run.shell.words import known_text, of_value
from dtlint.source import Span
from dtlint.value import Const, Term, Truth, Value, known, unknown

if TYPE_CHECKING:
    from dtlint.run.shell.machine import Machine

_INTEGER = re.compile(r"\s*([+-]?)\s*(?:(0[xX][0-9a-fA-F]+)|(\d+)#([0-9a-zA-Z]+)|(\d+))\s*\Z", re.ASCII)
_NAME = re.compile(r"\s*([A-Za-z_]\w*)\s*\Z", re.ASCII)
_LARGEST: Final = 2**63
DEEPEST: Final = 8
"""Names whose values are names, and expressions in the values of names."""


def evaluate(machine: Machine, expression: Expression, depth: int = 0) -> Value:
    """The number, with the assignments inside made."""
    operator, operands = expression.operator, expression.operands
    if not operator:
        return _leaf(machine, expression, depth)
    if operator in ("=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|="):
        value = evaluate(machine, operands[1], depth)
        if operator != "=":
            value = binary(operator[:-1], evaluate(machine, operands[0], depth), value)
        return _store(machine, operands[0], value, expression.at)
    if operator in ("x++", "x--", "++x", "--x"):
        before = evaluate(machine, operands[0], depth)
        after = binary("+" if "+" in operator else "-", before, known(1))
        _store(machine, operands[0], after, expression.at)
        return before if operator.startswith("x") else after
    if operator in ("&&", "||", "!", "<", ">", "<=", ">=", "==", "!="):
        return _number(condition(machine, expression, depth), expression.at, machine)
    if operator == "?:":
        asked = condition(machine, operands[0], depth)
        if asked.always or asked.never:
            return evaluate(machine, operands[1 if asked.always else 2], depth)
        sides = [evaluate(machine, operand, depth) for operand in operands[1:]]
        return machine.either(sides[0], sides[1], expression.at)
    if operator == ",":
        evaluate(machine, operands[0], depth)
        return evaluate(machine, operands[1], depth)
    if len(operands) == 1:
        value = evaluate(machine, operands[0], depth)
        if operator == "-":
            return -value
        return value if operator == "+" else value.mapped("~", lambda number: ~_int(number))
    return binary(operator, evaluate(machine, operands[0], depth), evaluate(machine, operands[1], depth))


def condition(machine: Machine, expression: Expression, depth: int = 0) -> Truth:
    """Whether it is not zero."""
    operator, operands = expression.operator, expression.operands
    if operator == "!":
        return ~condition(machine, operands[0], depth)
    if operator in ("&&", "||"):
        left = condition(machine, operands[0], depth)
        if left.never if operator == "&&" else left.always:
            return left
        right = condition(machine, operands[1], depth)
        return left & right if operator == "&&" else left | right
    if operator in ("<", ">", "<=", ">=", "==", "!="):
        return compare(operator, evaluate(machine, operands[0], depth), evaluate(machine, operands[1], depth))
    return evaluate(machine, expression, depth) != 0


_COMPARING: Final[dict[str, Callable[[Value, Value], Truth]]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
}


def compare(operator: str, left: Value, right: Value) -> Truth:
    return _COMPARING[operator](left, right)


def integer(value: Value) -> Value:
    """A word's value as the number that a test reads (`-gt`); unknown for what is no number."""
    content = value.content
    if isinstance(content, Const):
        number = _parsed(str(content.value))
        return value.as_int() if number is None else Value(Const(number), value.trail)
    return value.as_int()


def named(machine: Machine, text: str, at: Span, depth: int = 0) -> Value:
    """The number that stands in a text: a number, a name, or an expression."""
    number = _parsed(text)
    if number is not None:
        return known(number)
    if depth >= DEEPEST or len(text) > 1_000:
        return unknown(text[:40], key=("arithmetic", machine.context.scope, at))
    name = _NAME.match(text)
    if name:
        return _variable(machine, Parameter(name.group(1), at), depth + 1)
    program = parse(f": $(({text}))", lambda _start, _end: at, at.path)
    command = program.body[0] if program.body else None
    if len(program.body) == 1 and isinstance(command, Command) and len(command.words) == 2:
        parts = command.words[1].parts
        if len(parts) == 1 and isinstance(parts[0], Arithmetic):
            return evaluate(machine, parts[0].expression, depth + 1)
    return unknown(text[:40], key=("arithmetic", machine.context.scope, at))


def _leaf(machine: Machine, expression: Expression, depth: int) -> Value:
    word = expression.word
    assert word is not None
    if len(word.parts) == 1 and isinstance(word.parts[0], Parameter):
        return _variable(machine, word.parts[0], depth)
    expanded = single(machine, word)
    text = known_text(expanded)
    if text is not None:
        return named(machine, text, expression.at, depth).after(expanded.trail)
    return integer(digits.in_arithmetic(expanded.value))


def _variable(machine: Machine, parameter: Parameter, depth: int) -> Value:
    expanded = machine.parameter_word(parameter)
    text = known_text(expanded)
    if text is not None:
        return named(machine, text, parameter.at, depth).after(expanded.trail)
    return integer(digits.in_arithmetic(expanded.value))


def _store(machine: Machine, target: Expression, value: Value, at: Span) -> Value:
    word = target.word
    part = word.parts[0] if word and len(word.parts) == 1 else None
    if isinstance(part, Parameter) and part.name:
        index = single(machine, part.index) if part.index is not None else None
        machine.assign(part.name, of_value(value, at), at, index=index)
    return value


def _number(asked: Truth, at: Span, machine: Machine) -> Value:
    if asked.always or asked.never:
        return known(1 if asked.always else 0)
    return unknown("a condition", key=("condition", machine.context.scope, at), low=0, high=1, whole=True)


def binary(operator: str, left: Value, right: Value) -> Value:
    mine, other = left.integer, right.integer
    if mine is not None and other is not None:
        return known(_constant(operator, mine, other)).after(left.trail, right.trail) if _defined(
            operator, other
        ) else unknown("a failing calculation", key=("arithmetic error", operator, mine, other))
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/" | "%" if other is not None and other > 0 and _not_negative(left):
            return left // right if operator == "/" else left % right
        case "/" if other is not None and other > 0 and _free(left):
            return left // right
        case "/" if other is None and _not_negative(left) and _not_negative(right):
            return left // right
        case _:
            pass
    if left.options and right.options:
        return left.mapped(operator, lambda _number: _fail()) if other is None else left.mapped(
            f"{operator} {other}", lambda number: _constant(operator, _int(number), _checked(operator, other))
        )
    name = f"{left} {operator} {right}"
    key = ("shell", operator, _key(left), _key(right))
    return unknown(name, key=key, whole=True, reach=left.reach, trail=left.trail + right.trail)


def _key(value: Value) -> object:
    return value.content if isinstance(value.content, Term | Const) else str(value)


def _fail() -> int:
    raise ValueError


def _checked(operator: str, other: int) -> int:
    if not _defined(operator, other):
        raise ValueError(other)
    return other


def _defined(operator: str, other: int) -> bool:
    if operator in ("/", "%"):
        return other != 0
    if operator == "**":
        return 0 <= other <= 64
    return 0 <= other < 64 if operator in ("<<", ">>") else True


def _constant(operator: str, left: int, right: int) -> int:
    match operator:
        case "+":
            result = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case "/":
            result = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        case "%":
            result = abs(left) % abs(right) * (-1 if left < 0 else 1)
        case "**":
            result = left**right
        case "<<":
            result = left << right
        case ">>":
            result = left >> right
        case "&":
            result = left & right
        case "|":
            result = left | right
        case _:
            result = left ^ right
    return (result + _LARGEST) % (2 * _LARGEST) - _LARGEST


def _not_negative(value: Value) -> bool:
    """Rounding down and rounding towards zero are the same."""
    if isinstance(value.content, Term):
        return value.content.bounds()[0] >= 0
    return bool(value.options) and all(isinstance(option, int) and option >= 0 for option in value.options)


def _free(value: Value) -> bool:
    return isinstance(value.content, Term) and value.content.bounds() == (-inf, inf)


def _int(number: object) -> int:
    if isinstance(number, int):
        return number
    parsed = _parsed(str(number))
    if parsed is None:
        raise ValueError(number)
    return parsed


def _parsed(text: str) -> int | None:
    if not text.strip():
        return 0
    found = _INTEGER.match(text)
    if not found:
        return None
    sign, hexadecimal, base, digits, decimal = found.groups()
    try:
        if hexadecimal:
            number = int(hexadecimal, 16)
        elif base:
            number = int(digits, int(base))
        elif len(decimal) > 1 and decimal.startswith("0"):
            number = int(decimal, 8)
        else:
            number = int(decimal[:40])
    except ValueError:
        return None
    number = -number if sign == "-" else number
    return (number + _LARGEST) % (2 * _LARGEST) - _LARGEST

