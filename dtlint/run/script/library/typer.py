"""Typer on paper: a function's parameters are options (`--learning-rate`) and, without a default, arguments.

Checked against typer 0.29: names are spelt with dashes only, a switch is `--amp/--no-amp`, unknown options are refused,
`Annotated[int, typer.Option("--n")] = 4` names options where `typer.Option(4, "--n")` names the default first, and the
program ends after the command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.facts.script import Attribute as AttributeOf
from dtlint.facts.script import Call, Constant, Expr, Name, Operation, Parameter, Sequence, Subscript
from dtlint.run.script.call import Arguments
from dtlint.run.script.library.argument_parser import bind, words_of
from dtlint.run.script.library.handler import Function, Method
from dtlint.run.script.objects import Frame, FunctionObject, Instance, Thing, as_value, listing
from dtlint.run.script.trace import Event, Option, ParserFacts
from dtlint.run.word import Word
from dtlint.value import Value, absent, known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

APP: Final = "typer.Typer"
_DECLARED: Final = ("typer.Option", "typer.Argument")
_SIMPLE: Final = {"int": "int", "float": "float", "str": "str", "bool": "bool", "Path": "str"}


def _app(machine: Caller, call: Arguments) -> Thing | None:
    event = machine.record(APP, call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places)
    event.result = Instance(APP, {"__commands__": listing("list", ())}, made_by=event, complete=False)
    return event.result


def _command(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    """`@app.command()`: the decorator leaves the function as it is, and notes it."""
    event = machine.record(
        f"{APP}.command", call.at, call.func_at, call.positional, call.keywords, call.open, receiver, call.places
    )
    event.result = Instance(f"{APP}.command", {"__app__": receiver}, made_by=event, complete=False)
    return event.result


def _callback(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    event = machine.record(
        f"{APP}.callback", call.at, call.func_at, call.positional, call.keywords, call.open, receiver, call.places
    )
    event.result = Instance(f"{APP}.callback", {"__app__": receiver}, made_by=event, complete=False)
    return event.result


def _register(machine: Caller, call: Arguments) -> Thing | None:
    decorator, *rest = call.positional
    if not isinstance(decorator, Instance) or len(rest) != 1:
        return None
    app, event = decorator.attributes["__app__"], decorator.made_by
    if not isinstance(app, Instance) or not isinstance(rest[0], FunctionObject) or event is None:
        return None
    settings = event.given(None, "context_settings")
    entry = listing("tuple", (_name(rest[0], event), rest[0], known(settings is None), known(event.method)))
    _append(machine, app, entry)
    return rest[0]


def _append(machine: Caller, app: Instance, entry: Thing) -> None:
    commands = app.attributes["__commands__"]
    machine.call(machine.attribute(commands, "append", machine.nowhere), Arguments(machine.nowhere, machine.nowhere,
                                                                                   (entry,)))  # fmt: skip


def _add_typer(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    """Commands of a further app: which one is chosen is not followed."""
    assert isinstance(receiver, Instance)
    _append(machine, receiver, known(None))
    return known(None)


def _name(function: FunctionObject, event: Event) -> Value:
    stated = event.given(0, "name")
    return as_value(stated) if stated is not None else known(function.name.lower().replace("_", "-"))


def _call_app(machine: Caller, call: Arguments) -> Thing | None:
    app = call.positional[0]
    assert isinstance(app, Instance)
    commands = machine.items_of(app.attributes.get("__commands__", known(None)), 1_000)
    entries = [machine.items_of(entry, 4) for entry in commands or ()]
    if commands is None or None in entries:
        machine.run.unread = True
        return machine.leave()
    told = [entry for entry in entries if entry is not None]
    words = words_of(machine, call.get(1, "args"))
    single = len(told) == 1 and as_value(told[0][3]).string == "command"
    if not single:
        # The first word that is no option names the command; options of a callback before it are not followed.
        first = words[0].string if words else None
        chosen = [entry for entry in told if first is not None and as_value(entry[0]).string == first]
        if len(chosen) != 1 or words is None or any(as_value(entry[3]).string == "callback" for entry in told):
            machine.run.unread = bool(words) or words is None
            return machine.leave()
        told, words = chosen, words[1:]
    function, closed = told[0][1], as_value(told[0][2])
    assert isinstance(function, FunctionObject)
    _enter(machine, function, words, call, closed.constant is not True)
    return machine.leave()


def _run(machine: Caller, call: Arguments) -> Thing | None:
    """`typer.run(main)`."""
    function = machine.settle(call.given(0, "function"))
    machine.record(
        "command", call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
    )
    if not isinstance(function, FunctionObject):
        machine.run.unread = True
        return None
    _enter(machine, function, words_of(machine, None), call, False)
    return machine.leave()


def _enter(
    machine: Caller, function: FunctionObject, words: tuple[Word, ...] | None, call: Arguments, open_: bool
) -> Thing:
    facts = ParserFacts("typer", call.at, options_of(machine, function), open=open_)
    facts.options.append(Option(("--help",), "help", call.at, absent(), None, "help"))
    facts.parsed_at = call.at
    machine.run.parsers.append(facts)
    values = bind(machine, facts, words)
    context = {
        parameter.name: Instance("click.Context", complete=False)
        for parameter in function.parameters
        if _last(parameter.annotation) == "Context"
    }
    return machine.run_function(function, Arguments(call.at, call.func_at, (), {**values, **context}))


def options_of(machine: Caller, function: FunctionObject) -> list[Option]:
    frame = Frame(function.module.names, function.module)
    return [
        _option(machine, function, parameter, frame)
        for parameter in function.parameters
        if parameter.kind not in ("args", "kwargs") and _last(parameter.annotation) != "Context"
    ]


def _option(machine: Caller, function: FunctionObject, parameter: Parameter, frame: Frame) -> Option:
    annotation, default = parameter.annotation, function.defaults.get(parameter.name)
    declared: Event | None = None
    decls: tuple[Thing, ...] = ()
    if isinstance(annotation, Subscript) and _last(annotation.value) == "Annotated":
        parts = annotation.index.items if isinstance(annotation.index, Sequence) else (annotation.index,)
        annotation = parts[0]
        for part in parts[1:]:
            made = machine.eval(part, frame) if isinstance(part, Call) else None
            if isinstance(made, Instance) and made.cls in _DECLARED and made.made_by is not None:
                declared, decls = made.made_by, made.made_by.positional
    elif isinstance(default, Instance) and default.cls in _DECLARED and default.made_by is not None:
        declared, decls = default.made_by, default.made_by.positional[1:]
        default = declared.given(0, "default")
    kind, many = _kind(annotation)
    argument = default is None if declared is None else declared.name == "typer.Argument"
    stated = [as_value(thing).string or "" for thing in decls]
    flag = kind == "bool" and not argument
    names: tuple[str, ...] = tuple([part for text in stated for part in text.split("/") if part.startswith("-")])
    negative = tuple([text.partition("/")[2] for text in stated if "/" in text])
    if argument:
        names = (parameter.name,)
    elif not names:
        long = f"--{parameter.name.replace('_', '-')}"
        names = (long, f"--no-{long[2:]}") if flag else (long,)
        negative = names[1:]
    unusual = declared is not None and (declared.open or {"callback", "parser", "envvar"} & set(declared.keywords))
    return Option(
        names=names,
        dest=parameter.name,
        at=parameter.at,
        default=absent() if default is None else as_value(default),
        default_at=None if parameter.default is None else parameter.default.at,
        action="?" if unusual else "boolean" if flag else "append" if many and not argument else "store",
        nargs=known("*") if many and argument else absent(),
        required=default is None or (isinstance(default, Value) and default.is_unknown),
        type=machine.external("click.BOOL" if kind == "bool" else kind),
        default_thing=default,
        negative=negative,
    )


def _kind(annotation: Expr | None) -> tuple[str, bool]:
    """The converting type of an annotation, and whether it holds several."""
    if isinstance(annotation, Subscript):
        outer = _last(annotation.value)
        inner = annotation.index.items[0] if isinstance(annotation.index, Sequence) else annotation.index
        kind, many = _kind(inner)
        if outer in ("List", "list", "Tuple", "tuple", "Sequence"):
            return (kind, True) if outer in ("List", "list") else ("typer.type", False)
        return (kind, many) if outer in ("Optional", "Union") else ("typer.type", False)
    if isinstance(annotation, Operation) and annotation.operator == "|":
        return _kind(annotation.operands[0])
    if annotation is None:
        return "str", False
    name = annotation.value if isinstance(annotation, Constant) else _last(annotation)
    return _SIMPLE.get(str(name), "typer.type"), False


def _last(annotation: Expr | None) -> str:
    if isinstance(annotation, Name):
        return annotation.id
    return annotation.name if isinstance(annotation, AttributeOf) else ""


FUNCTIONS: Final[dict[str, Function]] = {
    APP: _app,
    f"{APP}.command.__call__": _register,
    f"{APP}.callback.__call__": _register,
    f"{APP}.__call__": _call_app,
    "typer.run": _run,
}

METHODS: Final[dict[str, Method]] = {"command": _command, "callback": _callback, "add_typer": _add_typer}
