"""Click on paper: options and arguments that decorators declare, and the command that a command line chooses.

Checked against click 8.5 (`tests/test_run_script_commands.py` has what it gave): options are not abbreviated, unknown
ones are refused, a group takes options up to its command's name, and after the command the program ends.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.argument_parser import bind, words_of
from dtlint.run.script.library.environment import FUNCTIONS as ENVIRONMENT
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import (
    DictObject,
    External,
    FunctionObject,
    Instance,
    ListObject,
    Thing,
    as_value,
    listing,
)
from dtlint.run.script.trace import Event, Option, ParserFacts
from dtlint.run.word import Word
from dtlint.value import Const, Scalar, Value, absent, known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

DECORATORS: Final = tuple(
    f"click.{name}"
    for name in (
        "command", "group", "option", "argument", "version_option", "help_option", "password_option",
        "confirmation_option",
    )
)  # fmt: skip
_CONTEXTS: Final = ("click.pass_context", "click.pass_obj")
_TYPES: Final = {
    "INT": "int", "IntRange": "int", "FLOAT": "float", "FloatRange": "float", "STRING": "str", "Path": "str",
    "Choice": "str", "BOOL": "click.BOOL",
}  # fmt: skip
_PLAIN: Final = {int: "int", float: "float", str: "str"}
_TRUE: Final = frozenset(("1", "true", "t", "yes", "y", "on"))
_FALSE: Final = frozenset(("0", "false", "f", "no", "n", "off"))
_ENDING: Final = re.compile(r"[-_](?:command|cmd|group|grp)$")


def command_name(function: FunctionObject, event: Event | None) -> str:
    """The name on the command line of a command that `event` made."""
    for made in (event, *function.declared):
        if made is not None and made.method in ("command", "group"):
            stated = made.given(0, "name")
            if stated is not None:
                return as_value(stated).string or function.name
    return _ENDING.sub("", function.name.lower()).replace("_", "-")


def enter(machine: Caller, function: FunctionObject, call: Arguments) -> Thing | None:
    """The command is called: it reads the command line, calls the function and ends the program."""
    words = words_of(machine, call.get(0, "args"))
    result = _run(machine, function, words, call)
    alone = call.get(None, "standalone_mode")
    if alone is None or machine.decide(alone) is True:
        return machine.leave()
    return result


def _run(machine: Caller, function: FunctionObject, words: tuple[Word, ...] | None, call: Arguments) -> Thing:
    facts = parser_of(machine, function)
    facts.parsed_at = call.at
    machine.run.parsers.append(facts)
    left: list[Word] = []
    group = function.command.endswith("group") or bool(function.commands)
    if group and words is None:
        machine.run.unread = True
    values = bind(machine, facts, words, left if group else None)
    given = _given(function, call, values)
    if not group:
        return machine.run_function(function, given)
    chosen = function.commands.get(left[0].string or "") if left else None
    result = machine.run_function(function, given) if left or _without_command(function) else known(None)
    if chosen is None:
        machine.run.unread = machine.run.unread or bool(left)
        return result
    return _run(machine, chosen, tuple(left[1:]), call)


def invoke(machine: Caller, function: FunctionObject, call: Arguments) -> Thing:
    """The function with what is given, and its options' defaults for the rest."""
    facts = parser_of(machine, function)
    values = {**bind(machine, facts, ()), **call.keywords}
    return machine.run_function(function, _given(function, call, values, call.positional))


def _given(
    function: FunctionObject, call: Arguments, values: dict[str, Thing], positional: tuple[Thing, ...] = ()
) -> Arguments:
    context = tuple(
        [Instance("click.Context", complete=False) for mark in _CONTEXTS if mark in function.marks][:1]
    )
    return Arguments(call.at, call.func_at, (*context, *positional), values)


def _without_command(function: FunctionObject) -> bool:
    """A group that runs also where no command is named."""
    return any(made.given(None, "invoke_without_command") is not None for made in function.declared)


def parser_of(machine: Caller, function: FunctionObject) -> ParserFacts:
    """What a command accepts."""
    facts = ParserFacts("click", function.at)
    # Another library's decorator may declare options too.
    facts.open = any(
        not mark.startswith(("click.", "torch.", "functools.")) and mark.rpartition(".")[2] not in ("command", "group")
        for mark in function.marks
    )
    for event in reversed(function.declared):
        if event.name in ("click.option", "click.argument"):
            option = _option(machine, event)
            if option is None:
                facts.open = True
            else:
                facts.options.append(option)
        elif event.method in ("command", "group"):
            settings = event.given(None, "context_settings")
            if settings is not None and not (
                isinstance(settings, DictObject)
                and settings.complete
                and not {"ignore_unknown_options", "allow_extra_args", "token_normalize_func"} & set(settings.entries)
            ):
                facts.open = True
            if event.given(None, "cls") is not None or event.open:
                facts.open = True
        elif event.name in ("click.version_option", "click.help_option"):
            facts.options.append(Option(("--version",), "version", event.at, absent(), None, "version"))
    facts.options.append(Option(("--help",), "help", function.at, absent(), None, "help"))
    return facts


def _option(machine: Caller, event: Event) -> Option | None:
    declared = [as_value(thing).string for thing in event.positional]
    if event.open or not declared or None in declared:
        return None
    texts = [text for text in declared if text is not None]
    argument = event.name == "click.argument"
    names: list[str] = []
    negative: list[str] = []
    dest = ""
    for text in texts:
        if argument or text.isidentifier():
            dest = text.lower().replace("-", "_")
            continue
        on, _, off = text.partition("/")
        names.append(on.strip())
        if off:
            negative.append(off.strip())
    if not dest:
        longest = max(names, key=lambda name: len(name) - len(name.lstrip("-")), default="")
        dest = longest.lstrip("-").replace("-", "_").lower()
    if not dest:
        return None
    return _made(machine, event, (dest,) if argument else (*names, *negative), dest, tuple(negative))


def _made(
    machine: Caller, event: Event, names: tuple[str, ...], dest: str, negative: tuple[str, ...]
) -> Option:
    argument = event.name == "click.argument"
    default = event.given(None, "default")
    default_at = event.places.get("default")
    many = machine.decide(event.given(None, "multiple") or known(False)) is True
    kind, choices = _type(machine, event.given(None, "type"), default)
    nargs = event.given(None, "nargs")
    number = absent() if nargs is None or as_value(nargs).integer == 1 else as_value(nargs)
    if number.integer == -1:
        number = known("*")
    action = "store" if not many else "append" if number.is_absent else "?"
    constant = event.given(None, "flag_value")
    if constant is not None:
        action = "store_const"
    elif machine.decide(event.given(None, "count") or known(False)) is True:
        action, default = "count", default if default is not None else known(0)
    elif negative or machine.decide(event.given(None, "is_flag") or known(False)) is True:
        action, default = "boolean", default if default is not None else known(False)
    elif many or number.string == "*":
        default = default if default is not None else listing("tuple", ())
    variable = event.given(None, "envvar")
    if variable is not None and isinstance(variable, Value):
        given = (variable,) if default is None else (variable, default)
        default = ENVIRONMENT["os.environ.get"](machine, Arguments(event.at, event.at, given)) or default
    if event.given(None, "callback") is not None or event.given(None, "prompt") is not None or event.open:
        kind = machine.external("click.callback")
    required = event.given(None, "required")
    return Option(
        names=names,
        dest=dest,
        at=event.at,
        default=absent() if default is None else as_value(default),
        default_at=default_at,
        action=action,
        nargs=number,
        choices=choices,
        required=default is None if argument else required is not None and machine.decide(required) is not False,
        type=kind,
        default_thing=default,
        constant=constant,
        negative=negative,
    )


def _type(machine: Caller, kind: Thing | None, default: Thing | None) -> tuple[Thing | None, tuple[Scalar, ...]]:
    """The converting type and the choices of an option: those stated, else by its default."""
    if isinstance(kind, External | Instance):
        name = kind.name if isinstance(kind, External) else kind.class_names[0] if kind.class_names else ""
        if name == "bool":
            return machine.external("click.BOOL"), ()
        last = _TYPES.get(name.removeprefix("click.")) if name.startswith("click.") else None
        if last is not None:
            choices = kind.made_by.given(0, "choices") if isinstance(kind, Instance) and kind.made_by else None
            values = [as_value(item) for item in choices.items] if isinstance(choices, ListObject) else []
            known_ones = tuple([value.constant for value in values]) if all(value.known for value in values) else ()
            return machine.external(last), known_ones
        return (kind, ()) if isinstance(kind, External) else (machine.external("click.ParamType"), ())
    if kind is not None and not (isinstance(kind, Value) and kind.known and kind.constant is None):
        return machine.external("click.ParamType"), ()
    sample = default.items[0] if isinstance(default, ListObject) and default.items else default
    if isinstance(sample, Value) and sample.known:
        constant = sample.constant
        if isinstance(constant, bool):
            return machine.external("click.BOOL"), ()
        name = _PLAIN.get(type(constant), "str")
        return machine.external(name), ()
    return None, ()


def _boolean(machine: Caller, call: Arguments) -> Thing | None:
    value = as_value(call.given(0, "value"))
    text = value.string
    if text is None:
        return value if value.known else machine.anything("a switch", call.at, low=0, high=1, whole=True)
    lowered = text.strip().lower()
    if lowered in _TRUE or lowered in _FALSE:
        return Value(Const(lowered in _TRUE), value.trail)
    return machine.anything("a switch", call.at)


def _declare(name: str) -> Function:
    """A call that gives a decorator."""

    def declare(machine: Caller, call: Arguments) -> Thing | None:
        if call.positional and isinstance(call.positional[0], FunctionObject):
            return None
        event = machine.record(
            name, call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
        )
        event.result = Instance(name, made_by=event, complete=False)
        return event.result

    return declare


def _pass(name: str) -> Function:
    def passing(machine: Caller, call: Arguments) -> Thing | None:
        function = call.get(0)
        if not isinstance(function, FunctionObject):
            return None
        function.marks = function.marks | {name}
        return function

    return passing


FUNCTIONS: Final[dict[str, Function]] = {
    **{name: _declare(name) for name in DECORATORS},
    **{name: _pass(name) for name in _CONTEXTS},
    "click.BOOL": _boolean,
}

__all__ = ["DECORATORS", "FUNCTIONS", "command_name", "enter", "invoke", "parser_of"]
