"""Command lines that other libraries read: functions and dataclasses whose parameters become options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.facts.script import Assign, Constant, Expr, Name, Subscript
from dtlint.run.script.call import Arguments
from dtlint.run.script.library.argument_parser import bind, words_of
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import (
    ClassObject,
    External,
    FunctionObject,
    Instance,
    ListObject,
    Partial,
    Thing,
    as_value,
    listing,
)
from dtlint.run.script.trace import Option, ParserFacts
from dtlint.value import absent, known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

_HF: Final = "transformers.HfArgumentParser"


def _annotated(machine: Caller, annotation: Expr | None) -> Thing | None:
    """The converting type that a plain annotation names."""
    if isinstance(annotation, Subscript):
        annotation = annotation.index
    if isinstance(annotation, Name) and annotation.id in ("int", "float", "str"):
        return machine.external(annotation.id)
    if isinstance(annotation, Constant) and annotation.value in ("int", "float", "str"):
        return machine.external(str(annotation.value))
    return None


def _options_of_function(machine: Caller, function: FunctionObject) -> list[Option]:
    options = []
    for parameter in function.parameters:
        if parameter.kind in ("args", "kwargs"):
            continue
        default = function.defaults.get(parameter.name)
        flag = parameter.annotation is not None and isinstance(parameter.annotation, Name) and (
            parameter.annotation.id == "bool"
        )
        names = tuple(dict.fromkeys((f"--{parameter.name}", f"--{parameter.name.replace('_', '-')}")))
        options.append(
            Option(
                names=names,
                dest=parameter.name,
                at=parameter.at,
                default=absent() if default is None else as_value(default),
                default_at=None if parameter.default is None else parameter.default.at,
                nargs=known("?") if flag else absent(),
                required=default is None,
                type=_annotated(machine, parameter.annotation),
                default_thing=default,
                constant=known(True) if flag else None,
            )
        )
    return options


def _call_entry(machine: Caller, call: Arguments) -> Thing | None:
    """`fire.Fire(main)` and its kin: the function is called with what the command line gives."""
    function = call.get(0, "component")
    machine.record(
        "command", call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
    )
    if isinstance(function, ClassObject):
        return _build(machine, function, call)
    if isinstance(function, FunctionObject):
        facts = ParserFacts("function", call.at, _options_of_function(machine, function), open=True)
        facts.parsed_at = call.at
        machine.run.parsers.append(facts)
        values = bind(machine, facts, words_of(machine, None))
        return machine.call(function, Arguments(call.at, call.func_at, (), values))
    if isinstance(function, Partial):
        return machine.call(function, Arguments(call.at, call.func_at, (), {}, True))
    machine.run.unread = True
    return None


def _build(machine: Caller, cls: ClassObject, call: Arguments) -> Thing:
    """An instance of a dataclass whose fields are options (`tyro.cli`)."""
    facts = ParserFacts("dataclass", call.at, open=True)
    facts.parsed_at = call.at
    machine.run.parsers.append(facts)
    return _filled(machine, facts, [cls], call)[0]


def _filled(machine: Caller, facts: ParserFacts, classes: list[Thing], call: Arguments) -> list[Thing]:
    owners: list[list[str]] = []
    for cls in classes:
        names: list[str] = []
        if isinstance(cls, ClassObject):
            for ancestor in reversed(list(cls.ancestry())):
                for name, default in ancestor.fields or ():
                    names.append(name)
                    thing = None if default is None else machine.field_default(ancestor, name, default)
                    facts.options.append(_field_option(machine, ancestor, name, thing))
            if cls.outside():
                facts.open = True
        else:
            facts.open = True
        owners.append(names)
    values = bind(machine, facts, words_of(machine, call.get(0, "args")))
    made: list[Thing] = []
    for cls, names in zip(classes, owners, strict=True):
        fields = {name: values[name] for name in names if name in values}
        if isinstance(cls, ClassObject):
            instance = Instance(cls, dict(fields), complete=not cls.outside())
            after = cls.lookup("__post_init__")
            if isinstance(after, FunctionObject):
                machine.call_function(after, Arguments(call.at, call.func_at, (instance,)), instance)
            made.append(instance)
        elif isinstance(cls, External):
            made.append(machine.call(cls, Arguments(call.at, call.func_at, (), {}, True)))
        else:
            made.append(machine.anything("arguments", call.at))
    return made


def _field_option(machine: Caller, cls: ClassObject, name: str, thing: Thing | None) -> Option:
    annotation = next(
        (
            statement.annotation
            for statement in cls.definition.body
            if isinstance(statement, Assign)
            and isinstance(statement.targets[0], Name)
            and statement.targets[0].id == name
        ),
        None,
    )
    flag = isinstance(annotation, Name) and annotation.id == "bool"
    names = tuple(dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}")))
    return Option(
        names=names,
        dest=name,
        at=cls.definition.name_at,
        default=absent() if thing is None else as_value(thing),
        default_at=None,
        nargs=known("?") if flag else absent(),
        required=thing is None,
        type=_annotated(machine, annotation),
        default_thing=thing,
        constant=known(True) if flag else None,
    )


def _hf_parser(machine: Caller, call: Arguments) -> Thing | None:
    event = machine.record(
        _HF, call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
    )
    classes = call.given(0, "dataclass_types")
    things = tuple(classes.items) if isinstance(classes, ListObject) else (classes,)
    return Instance(_HF, {"__classes__": listing("tuple", things)}, made_by=event, complete=False)


def _parse_dataclasses(machine: Caller, call: Arguments) -> Thing | None:
    parser = call.get(0)
    classes = parser.attributes.get("__classes__") if isinstance(parser, Instance) else None
    if not isinstance(classes, ListObject):
        return None
    rest = Arguments(call.at, call.func_at, call.positional[1:], call.keywords, call.open)
    facts = ParserFacts(_HF, call.at)
    facts.parsed_at = call.at
    machine.run.parsers.append(facts)
    return listing("tuple", tuple(_filled(machine, facts, list(classes.items), rest)))


def _parse_file(machine: Caller, call: Arguments) -> Thing | None:
    """`parse_json_file`, `parse_yaml_file`: the file's fields are not joined with the classes' here."""
    parser = call.get(0)
    classes = parser.attributes.get("__classes__") if isinstance(parser, Instance) else None
    if not isinstance(classes, ListObject):
        return None
    things = [
        machine.call(cls, Arguments(call.at, call.func_at, (), {}, True)) for cls in classes.items
    ]
    return listing("tuple", tuple(things))


def _run_main(machine: Caller, call: Arguments) -> Thing | None:
    """`absl.app.run(main)`; TensorFlow 1's `app.run()` takes the `main` of the script that was started."""
    function = call.get(0, "main") or machine.main()
    if function is None:
        return None
    machine.call(function, Arguments(call.at, call.func_at, (listing("list", (), False),)))
    return known(None)


FUNCTIONS: Final[dict[str, Function]] = {
    "fire.Fire": _call_entry,
    "typer.run": _call_entry,
    "tyro.cli": _call_entry,
    "defopt.run": _call_entry,
    "absl.app.run": _run_main,
    "tensorflow.app.run": _run_main,
    _HF: _hf_parser,
    f"{_HF}.parse_args_into_dataclasses": _parse_dataclasses,
    f"{_HF}.parse_json_file": _parse_file,
    f"{_HF}.parse_yaml_file": _parse_file,
    f"{_HF}.parse_dict": _parse_file,
}
