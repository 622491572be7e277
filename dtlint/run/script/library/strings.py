"""Methods of text."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Method
from dtlint.run.script.objects import DictObject, Thing, Unread, as_value, listing
from dtlint.run.script.operators import LONGEST, as_truth_value, derived
from dtlint.run.script.state import Raised
from dtlint.value import Const, Value, known, text, truth

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

_ONLY_TEXT: Final = frozenset(
    (
        *("strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "startswith", "endswith"),
        *("partition", "rpartition", "zfill", "removeprefix", "removesuffix", "isdigit", "isnumeric", "isalpha"),
        *("isspace", "splitlines", "rsplit", "join", "encode", "decode"),
    )
)
"""Methods by which an object of which nothing is known is taken for text."""


def _native(name: str) -> Method:
    """A method of `str` on known text, run as it is."""

    def method(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
        if isinstance(receiver, Unread) and name not in _ONLY_TEXT:
            return None
        value = as_value(receiver)
        arguments = [as_value(thing) for thing in call.positional]
        if value.known and not isinstance(value.constant, str):
            return None
        if value.string is not None and all(one.known for one in arguments) and not call.keywords and not call.open:
            constants = [one.constant for one in arguments]
            if any(isinstance(constant, int) and constant > LONGEST for constant in constants):
                return derived(name, value)
            try:
                result = getattr(value.string, name)(*constants)
            except (TypeError, ValueError) as error:
                raise Raised(type(error).__name__) from None
            return _thing(result, value)
        return derived(name, value, *arguments)

    return method


def _thing(result: Any, origin: Value) -> Thing:
    if isinstance(result, list | tuple):
        kind = "list" if isinstance(result, list) else "tuple"
        return listing(kind, tuple([Value(Const(part), origin.trail) for part in result]), True, origin.trail)
    if isinstance(result, str) and len(result) > LONGEST:
        return derived("a long text", origin)
    return Value(Const(result), origin.trail)


def _split(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    if isinstance(receiver, Unread):
        return None
    value = as_value(receiver)
    exact = _native("split")(machine, value, call) if value.known and not call.keywords else None
    return exact if exact is not None else listing("list", (), False)


def _prefix(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    value = as_value(receiver)
    prefix = as_value(call.positional[0]) if call.positional else None
    if prefix is None:
        return None
    if prefix.string is not None:
        return as_truth_value("starts with", value.starts_with(prefix.string), value, prefix)
    options = machine.items_of(call.positional[0], 20)
    if value.string is not None and options is not None:
        heads = [as_value(option).string for option in options]
        if all(head is not None for head in heads):
            return known(value.string.startswith(tuple(head for head in heads if head is not None)))
    return derived("startswith", value, prefix)


def _suffix(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    value = as_value(receiver)
    suffix = as_value(call.positional[0]) if call.positional else None
    if suffix is None:
        return None
    if suffix.string is not None and value.string is not None:
        return as_truth_value("ends with", truth(value.string.endswith(suffix.string)), value, suffix)
    return derived("endswith", value, suffix)


def _join(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    separator = as_value(receiver).string
    items = machine.items_of(call.positional[0], 1_000) if call.positional else None
    if separator is None or items is None:
        return derived("join", as_value(receiver), *[as_value(thing) for thing in call.positional])
    parts: list[str | Value] = []
    for number, item in enumerate(items):
        if number:
            parts.append(separator)
        parts.append(machine.as_text(item))
    return text(parts)


def _format(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    template = as_value(receiver).string
    if template is None or call.open:
        return derived("format", as_value(receiver), *[as_value(thing) for thing in call.positional])
    parts: list[str | Value] = []
    number = 0
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError:
        raise Raised("ValueError") from None
    for literal, name, spec, conversion in pieces:
        parts.append(literal)
        if name is None:
            continue
        thing: Thing | None
        if name == "":
            thing, number = call.get(number), number + 1
        elif name.isdigit():
            thing = call.get(int(name))
        else:
            thing = call.keywords.get(name)
        if thing is None or isinstance(thing, DictObject):
            parts.append(machine.anything("a field", call.at))
            continue
        if not (spec or conversion):
            parts.append(machine.printed(thing, call.at))
            continue
        value = as_value(thing)
        if value.known and spec and len(spec) <= 8 and "{" not in spec and not conversion:
            try:
                parts.append(Value(Const(format(value.constant, spec)), value.trail))
            except (ValueError, TypeError) as error:
                raise Raised(type(error).__name__) from None
        else:
            parts.append(derived("format", value))
    return text(parts)


_NATIVE: Final = (
    "strip lstrip rstrip lower upper title capitalize replace rsplit splitlines partition rpartition zfill"
    " removeprefix removesuffix isdigit isnumeric isalpha isspace count find rfind index ljust rjust center swapcase"
)

METHODS: Final[dict[str, Method]] = {
    **{name: _native(name) for name in _NATIVE.split()},
    "split": _split,
    "startswith": _prefix,
    "endswith": _suffix,
    "join": _join,
    "format": _format,
}
