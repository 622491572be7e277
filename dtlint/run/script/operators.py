"""Python's operators on values: exact where both sides are known, terms and text in parts where not."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Any, Final

from dtlint.run.script.objects import identity
from dtlint.value import (
    FALSE,
    TRUE,
    UNDECIDED,
    Const,
    Kind,
    Reach,
    Term,
    Text,
    Truth,
    Value,
    known,
    text,
    truth,
    undecided,
    unknown,
)
from dtlint.value.trail import join

LONGEST: Final = 20_000
"""Characters beyond which a computed text is anything."""
PARTS: Final = 64
"""Pieces of which a text may consist."""
_LARGEST: Final = 10**18

_BINARY: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "<<": operator.lshift, ">>": operator.rshift, "&": operator.and_, "|": operator.or_,
    "^": operator.xor,
}  # fmt: skip
_ARITHMETIC: Final[dict[str, Callable[[Value, Value], Value]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod,
}  # fmt: skip
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "is": operator.eq, "is not": operator.ne,
}  # fmt: skip


class Failed(Exception):  # noqa: N818 - it is the script's failure, not ours
    """The operation raises in Python; `name` is the exception."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def reach(*values: Value) -> Reach:
    found = {value.reach for value in values}
    return next(level for level in (Reach.PROCESS, Reach.UNSEEN, Reach.UNIFORM) if level in found)


def derived(name: str, *operands: Value) -> Value:
    """What an operation that is not modelled makes of its operands: the same for the same ones."""
    kinds = {symbol.kind for operand in operands for symbol in operand.symbols()}
    kind = Kind.CHANCE if kinds == {Kind.CHANCE} else Kind.WITHHELD
    shown = ", ".join(_short(operand) for operand in operands)
    return unknown(
        f"{name}({shown})",
        key=(name, *map(identity, operands)),
        kind=kind,
        reach=reach(*operands),
        trail=join(*[operand.trail for operand in operands]),
    )


def _short(value: Value) -> str:
    shown = str(value)
    return shown if len(shown) <= 40 else shown[:37] + "…"


def binary(symbol: str, left: Value, right: Value) -> Value:
    """`left symbol right`; raises `Failed` where Python surely would."""
    if isinstance(left.content, Const) and isinstance(right.content, Const):
        return _exact(symbol, left, right)
    if symbol == "%" and left.string is not None:
        return formatted(left, [right])
    if symbol == "+" and (_is_text(left) or _is_text(right)):
        joined = text((left, right))
        long = isinstance(joined.content, Text) and len(joined.content.parts) > PARTS
        return derived("+", left, right) if long else joined
    calculate = _ARITHMETIC.get(symbol)
    if calculate is None:
        return derived(symbol, left, right)
    if right.known and right.constant == 0 and symbol in ("/", "//", "%"):
        raise Failed("ZeroDivisionError")
    if not _numeric(left) or not _numeric(right):
        return derived(symbol, left, right)
    return calculate(left, right)


def _numeric(value: Value) -> bool:
    """No option of it is a float that is no exact number, or text."""
    return all(
        isinstance(option, int) or (isinstance(option, float) and math.isfinite(option)) for option in value.options
    )


def _is_text(value: Value) -> bool:
    return value.string is not None or isinstance(value.content, Text)


def _exact(symbol: str, left: Value, right: Value) -> Value:
    a, b = left.constant, right.constant
    trail = join(left.trail, right.trail)
    if symbol == "**":
        if isinstance(a, int | float) and isinstance(b, int | float) and abs(a) <= 10**6 and abs(b) <= 32:
            return _result(lambda: a**b, trail)
        return derived("**", left, right)
    if symbol == "%" and isinstance(a, str):
        return formatted(left, [right])
    if symbol == "*" and isinstance(a, str) != isinstance(b, str):
        word, times = (a, b) if isinstance(a, str) else (b, a)
        if isinstance(word, str) and isinstance(times, int) and len(word) * times > LONGEST:
            return derived("*", left, right)
    if symbol == "<<" and isinstance(b, int) and b > 64:
        return derived("<<", left, right)
    function = _BINARY.get(symbol)
    if function is None:
        return derived(symbol, left, right)
    return _result(lambda: function(a, b), trail)


def _result(calculate: Callable[[], Any], trail: Any) -> Value:
    try:
        result = calculate()
    except (ArithmeticError, TypeError, ValueError) as error:
        raise Failed(type(error).__name__) from None
    if isinstance(result, complex) or (isinstance(result, str) and len(result) > LONGEST):
        return unknown("a long result", key=object(), trail=trail)
    if isinstance(result, int) and not isinstance(result, bool) and abs(result) > _LARGEST * 100:
        return unknown("a large number", key=object(), trail=trail)
    return Value(Const(result), trail)


def unary(symbol: str, operand: Value) -> Value:
    """`-x`, `+x`, `~x`; `not` is a matter of truth and stands elsewhere."""
    if operand.known and isinstance(operand.constant, int | float):
        number = operand.constant
        if symbol == "~":
            return Value(Const(~number), operand.trail) if isinstance(number, int) else derived(symbol, operand)
        return Value(Const(-number if symbol == "-" else +number), operand.trail)
    if symbol == "-" and _numeric(operand):
        return -operand
    return operand if symbol == "+" else derived(symbol, operand)


_SPEC: Final = re.compile(r"%(?:\((\w+)\))?([-+ #0]*)(\d*)((?:\.\d+)?)([sdifrxXeEgGu%])")


def formatted(template: Value, arguments: list[Value]) -> Value:
    """`template % arguments`: known text with the values in it."""
    pattern = template.string
    if pattern is None:
        return derived("%", template, *arguments)
    parts: list[str | Value] = []
    at, taken = 0, 0
    for match in _SPEC.finditer(pattern):
        parts.append(pattern[at : match.start()])
        at = match.end()
        name, flags, width, precision, letter = match.groups()
        if letter == "%":
            parts.append("%")
            continue
        if name is not None or taken >= len(arguments):
            return derived("%", template, *arguments)
        argument = arguments[taken]
        taken += 1
        if argument.known:
            spec = f"%{flags}{width}{precision}{letter}"
            try:
                parts.append(known(spec % argument.constant).after(argument.trail))
            except (TypeError, ValueError):
                raise Failed("TypeError") from None
        else:
            parts.append(argument.as_text() if letter == "s" and not flags and not width else derived("str", argument))
    parts.append(pattern[at:])
    if taken != len(arguments):
        raise Failed("TypeError")
    return text(parts).after(template.trail)


def compare(symbol: str, left: Value, right: Value) -> Value:
    """`left symbol right` as a value: a constant where decided, else a truth with a symbol of its own."""
    if isinstance(left.content, Const) and isinstance(right.content, Const):
        a, b = left.constant, right.constant
        try:
            if symbol in ("is", "is not") and type(a) is not type(b):
                return _truth_value(truth(symbol == "is not"), left, right)
            return _truth_value(truth(_COMPARE[symbol](a, b)), left, right)
        except TypeError:
            raise Failed("TypeError") from None
    if left.is_absent or right.is_absent:
        return derived(symbol, left, right)
    if (right.known and _unbounded(left)) or (left.known and _unbounded(right)):
        return _open_comparison(symbol, left, right)
    match symbol:
        case "==" | "is":
            return as_truth_value("==", left == right, left, right)
        case "!=" | "is not":
            return as_truth_value("==", left == right, left, right, negated=True)
        case "<":
            return as_truth_value("<", left < right, left, right)
        case ">":
            return as_truth_value("<", right < left, right, left)
        case ">=":
            return as_truth_value("<", left < right, left, right, negated=True)
        case _:
            return as_truth_value("<", right < left, right, left, negated=True)


_FORMS: Final = {
    "==": ("==", False, False), "is": ("==", False, False), "!=": ("==", False, True), "is not": ("==", False, True),
    "<": ("<", False, False), ">": ("<", True, False), ">=": ("<", False, True), "<=": ("<", True, True),
}  # fmt: skip
"""A comparison by `==` and `<` alone: the operator, whether sides are swapped, whether it is negated."""


def _unbounded(value: Value) -> bool:
    symbol = value.content.symbol if isinstance(value.content, Term) else None
    return symbol is not None and symbol.kind is Kind.WITHHELD and symbol.low == -math.inf and symbol.high == math.inf


def _open_comparison(symbol: str, left: Value, right: Value) -> Value:
    """A comparison of an unknown without bounds with a constant: nothing to compute."""
    operator_, swapped, negated = _FORMS[symbol]
    one, other = (right, left) if swapped else (left, right)
    return as_truth_value(operator_, UNDECIDED, one, other, negated)


def as_truth_value(symbol: str, verdict: Truth, left: Value, right: Value, negated: bool = False) -> Value:
    """A truth as a value: `verdict` itself or its opposite, under the symbol of `left symbol right`."""
    told = ~verdict if negated else verdict
    if told.always or told.never:
        return _truth_value(told, left, right)
    key: object = (symbol, identity(left), identity(right))
    if symbol == "==" and left.known:
        key = (symbol, identity(right), identity(left))
    chance = told.sometimes and told.not_always
    return unknown(
        f"{'not ' if negated else ''}{_short(left)} {symbol} {_short(right)}",
        key=("not", key) if negated else key,
        kind=Kind.CHANCE if chance else Kind.WITHHELD,
        reach=reach(left, right),
        low=0,
        high=1,
        whole=True,
        trail=join(left.trail, right.trail),
    )


def _truth_value(told: Truth, left: Value, right: Value) -> Value:
    return Value(Const(told.always), join(left.trail, right.trail))


def contains(container: Value, item: Value) -> Truth:
    """`item in container`."""
    if container.known and item.known:
        whole, part = container.constant, item.constant
        if isinstance(whole, str) and isinstance(part, str):
            return truth(part in whole)
        return undecided(container, item)
    return container.contains(item)


def among(item: Value, members: list[Value], complete: bool) -> Truth:
    """`item in [members]`, by Python's equality."""
    verdict = FALSE
    for member in members:
        if member.known and item.known:
            verdict = verdict | truth(member.constant == item.constant)
        else:
            verdict = verdict | (member == item)
        if verdict.always:
            return TRUE
    return verdict if complete else verdict | undecided(item)


