"""Fire on paper: a function's parameters by position or by name, values read as Python's.

fire/core.py and fire/parser.py of fire 0.7: `--name=value`, `--name value`, `--name` (True), `--noname` (False); a word
that is no Python literal is text.  What is left over is asked of the result, so no option is refused before it runs.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.argument_parser import bind, converted, words_of
from dtlint.run.script.library.documents import thing_of
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import BoundMethod, ClassObject, DictObject, FunctionObject, Instance, Thing, as_value
from dtlint.run.script.trace import Option, ParserFacts
from dtlint.run.word import Word
from dtlint.value import How, Scalar, Step, Value, absent, known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

_LITERAL: Final = "fire.parser.DefaultParseValue"
_FLAG: Final = re.compile(r"--|-[A-Za-z](?:=|$)")
_STRUCTURE: Final = frozenset("[](){},'\"")


def _fire(machine: Caller, call: Arguments) -> Thing | None:
    machine.record(
        "command", call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
    )
    component = machine.settle(call.given(0, "component"))
    words = words_of(machine, call.get(1, "command"))
    if isinstance(component, DictObject) or (isinstance(component, Value) and component.known):
        named: dict[Scalar, Thing] = dict(component.entries) if isinstance(component, DictObject) else {}
        if isinstance(component, Value):
            named.update(machine.main_names)
        first = words[0].string if words else None
        chosen = machine.settle(named[first]) if first is not None and first in named else None
        if chosen is None or words is None:
            machine.run.unread = True
            return None
        component, words = chosen, words[1:]
    if isinstance(component, FunctionObject):
        return _enter(machine, component, words, call)
    if isinstance(component, ClassObject):
        return _object(machine, component, words, call)
    machine.run.unread = True
    return None


def _object(machine: Caller, cls: ClassObject, words: tuple[Word, ...] | None, call: Arguments) -> Thing | None:
    """A class: its instance, and the method that a word names; which options belong to which is not told apart."""
    machine.run.unread = True
    made = machine.call(cls, Arguments(call.at, call.func_at, (), {}, True))
    methods = [cls.lookup(word.string) for word in words or () if word.string is not None]
    chosen = [method for method in methods if isinstance(method, FunctionObject)]
    if isinstance(made, Instance) and len(chosen) == 1:
        machine.call(BoundMethod(made, chosen[0]), Arguments(call.at, call.func_at, (), {}, True))
    return made


def _enter(
    machine: Caller, function: FunctionObject, words: tuple[Word, ...] | None, call: Arguments
) -> Thing:
    facts = ParserFacts("fire", call.at, open=True, parsed_at=call.at)
    for parameter in function.parameters:
        if parameter.kind in ("args", "kwargs"):
            continue
        name, default = parameter.name, function.defaults.get(parameter.name)
        names = tuple(dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}")))
        facts.options.append(
            Option(
                names=(*names, f"--no{name}"),
                dest=name,
                at=parameter.at,
                default=absent() if default is None else as_value(default),
                default_at=None if parameter.default is None else parameter.default.at,
                nargs=known("?"),
                required=default is None,
                type=machine.external(_LITERAL),
                default_thing=default,
                constant=known(True),
                negative=(f"--no{name}",),
            )
        )
    machine.run.parsers.append(facts)
    named, positional = _sorted(words or ())
    values = bind(machine, facts, None if words is None else named)
    asked = {word.string.partition("=")[0].lstrip("-").replace("-", "_") for word in named if word.string is not None}
    free = [option for option in facts.options if option.dest not in asked]
    for option, word in zip(free, positional, strict=False):
        values[option.dest] = converted(machine, option, word, Step(How.OPTION, word.written, word.at))
    more = any(parameter.kind in ("args", "kwargs") for parameter in function.parameters)
    return machine.call(function, Arguments(call.at, call.func_at, (), values, more))


def _sorted(words: tuple[Word, ...]) -> tuple[tuple[Word, ...], list[Word]]:
    """Options with the word behind them, and what is given by position."""
    named: list[Word] = []
    positional: list[Word] = []
    wants = False
    for word in words:
        head = word.pieces[0].content if word.pieces else ""
        if isinstance(head, str) and _FLAG.match(head):
            named.append(word)
            wants = word.string is not None and "=" not in word.string
        elif wants or word.many:
            named.append(word)
            wants = False
        else:
            positional.append(word)
    return tuple(named), positional


def _parsed(machine: Caller, call: Arguments) -> Thing | None:
    value = as_value(call.given(0, "value"))
    text = value.string
    if text is None:
        return value
    try:
        made = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        # `[a, b]` is a list of texts.
        return machine.anything("a value", call.at) if _STRUCTURE & set(text) else value
    return thing_of(made, value.trail)


FUNCTIONS: Final[dict[str, Function]] = {"fire.Fire": _fire, "fire.core.Fire": _fire, _LITERAL: _parsed}
