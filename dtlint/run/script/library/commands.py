"""Command lines that other libraries read: functions and dataclasses whose parameters become options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dtlint.facts.script import Assign, Constant, Expr, Name, Subscript
from dtlint.run.script.call import Arguments
from dtlint.run.script.library.argument_parser import bind, words_of
from dtlint.run.script.library.documents import document
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import (
    ClassObject,
    DictObject,
    External,
    Frame,
    FunctionObject,
    Instance,
    ListObject,
    Partial,
    Thing,
    as_value,
    listing,
)
from dtlint.run.script.trace import Option, ParserFacts
from dtlint.source import Span
from dtlint.value import Value, absent, known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

_HF: Final = "transformers.HfArgumentParser"
_DEEPEST: Final = 4
"""Dataclasses within dataclasses."""


def _annotated(machine: Caller, annotation: Expr | None) -> Thing | None:
    """The converting type that a plain annotation names."""
    if isinstance(annotation, Subscript):
        annotation = annotation.index
    if isinstance(annotation, Name) and annotation.id in ("int", "float", "str"):
        return machine.external(annotation.id)
    if isinstance(annotation, Constant) and annotation.value in ("int", "float", "str"):
        return machine.external(str(annotation.value))
    return None


def _entry(machine: Caller, call: Arguments) -> Thing | None:
    """`tyro.cli(Config)`, `tyro.cli(main)`: nested dataclasses give options such as `--optimizer.lr`."""
    subject = machine.settle(call.given(0, "f"))
    machine.record(
        "command", call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
    )
    if not isinstance(subject, ClassObject | FunctionObject):
        if isinstance(subject, Partial):
            return machine.call(subject, Arguments(call.at, call.func_at, (), {}, True))
        machine.run.unread = True
        return None
    facts = ParserFacts("tyro", call.at, open=True, parsed_at=call.at)
    machine.run.parsers.append(facts)
    given = call.get(None, "default")
    shape = _Shape(subject)
    if isinstance(subject, ClassObject):
        _declare(machine, facts, shape, "", machine.settle(given) if given is not None else None, nested=True)
    else:
        frame = Frame(subject.module.names, subject.module)
        for parameter in subject.parameters:
            if parameter.kind not in ("args", "kwargs"):
                at = parameter.at if parameter.default is None else parameter.default.at
                default = subject.defaults.get(parameter.name)
                _part(machine, facts, shape, "", _Field(parameter.name, parameter.annotation, default, at), frame, True)
    values = bind(machine, facts, words_of(machine, call.get(None, "args")))
    return shape.made(machine, values, call)


def _components(machine: Caller, call: Arguments) -> Thing | None:
    """`jsonargparse.CLI(main)`: options as tyro's; parameters without a default are given by position
    (`as_positional=True` of jsonargparse/_cli.py), and which those are is not followed."""
    subject = machine.settle(call.given(0, "components"))
    if isinstance(subject, FunctionObject):
        kept = [one for one in subject.parameters if one.kind not in ("args", "kwargs")]
        if all(one.default is not None for one in kept):
            return _entry(machine, call)
    machine.record(
        "command", call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
    )
    if isinstance(subject, FunctionObject):
        return machine.call(subject, Arguments(call.at, call.func_at, (), {}, True))
    machine.run.unread = True
    return None


@dataclass(slots=True)
class _Field:
    """A field of a dataclass, or a parameter."""

    name: str
    annotation: Expr | None
    default: Thing | None
    at: Span


@dataclass(slots=True)
class _Shape:
    """What options are put together to."""

    subject: ClassObject | FunctionObject
    parts: dict[str, str | _Shape] = field(default_factory=dict)
    """Destination of each field's option, or the shape of a field that is a dataclass itself."""

    def made(self, machine: Caller, values: dict[str, Thing], call: Arguments) -> Thing:
        given = {
            name: part.made(machine, values, call) if isinstance(part, _Shape) else values[part]
            for name, part in self.parts.items()
            if isinstance(part, _Shape) or part in values
        }
        if isinstance(self.subject, FunctionObject):
            return machine.call(self.subject, Arguments(call.at, call.func_at, (), given))
        instance = Instance(self.subject, given, complete=not self.subject.outside())
        # A class of a library has fields that are not known here.
        machine.complete(instance, self.subject, Arguments(call.at, call.func_at, open=True))
        return instance


def _declare(
    machine: Caller, facts: ParserFacts, shape: _Shape, prefix: str, given: Thing | None, nested: bool
) -> None:
    """Options for the fields of a dataclass, with the defaults of an instance where one is given."""
    assert isinstance(shape.subject, ClassObject)
    for ancestor in reversed(list(shape.subject.ancestry())):
        frame = Frame(ancestor.names, ancestor.module)
        annotations = {
            statement.targets[0].id: statement.annotation
            for statement in ancestor.definition.body
            if isinstance(statement, Assign) and isinstance(statement.targets[0], Name)
        }
        for name, default in ancestor.fields or ():
            thing = None if default is None else machine.field_default(ancestor, name, default)
            if isinstance(given, Instance) and name in given.attributes:
                thing = given.attributes[name]
            elif given is not None:
                thing = machine.anything(name, ancestor.definition.name_at)
            at = ancestor.definition.name_at if default is None else default.at
            _part(machine, facts, shape, prefix, _Field(name, annotations.get(name), thing, at), frame, nested)


def _part(
    machine: Caller, facts: ParserFacts, shape: _Shape, prefix: str, part: _Field, frame: Frame, nested: bool
) -> None:
    named = nested and isinstance(part.annotation, Name)
    inner = machine.settle(machine.eval(part.annotation, frame)) if named and part.annotation is not None else None
    if isinstance(inner, ClassObject) and inner.fields is not None and prefix.count(".") < _DEEPEST:
        below = shape.parts[part.name] = _Shape(inner)
        _declare(machine, facts, below, f"{prefix}{part.name}.", part.default, nested)
        return
    shape.parts[part.name] = f"{prefix}{part.name}"
    flag = isinstance(part.annotation, Name) and part.annotation.id == "bool"
    names = tuple(dict.fromkeys((f"--{prefix}{part.name}", f"--{prefix}{part.name}".replace("_", "-"))))
    negative: tuple[str, ...] = ()
    if flag:
        spelt = (part.name, part.name.replace("_", "-"))
        negative = tuple(dict.fromkeys(f"--{prefix}no{dash}{name}" for name in spelt for dash in "-_"))
    default = part.default
    facts.options.append(
        Option(
            names=(*names, *negative),
            dest=f"{prefix}{part.name}",
            at=part.at,
            default=absent() if default is None else as_value(default),
            default_at=part.at if default is not None else None,
            nargs=known("?") if flag else absent(),
            required=default is None,
            type=_annotated(machine, part.annotation),
            default_thing=default,
            constant=known(True) if flag else None,
            negative=negative,
        )
    )


def _filled(machine: Caller, facts: ParserFacts, classes: list[Thing], call: Arguments) -> list[Thing]:
    shapes: list[_Shape | None] = []
    for cls in classes:
        shape = _Shape(cls) if isinstance(cls, ClassObject) else None
        if shape is not None:
            _declare(machine, facts, shape, "", None, nested=False)
        if shape is None or (isinstance(cls, ClassObject) and cls.outside()):
            facts.open = True
        shapes.append(shape)
    values = bind(machine, facts, words_of(machine, call.get(0, "args")))
    made: list[Thing] = []
    for cls, shape in zip(classes, shapes, strict=True):
        if shape is not None:
            made.append(shape.made(machine, values, call))
        elif isinstance(cls, External):
            made.append(machine.call(cls, Arguments(call.at, call.func_at, (), {}, True)))
        else:
            made.append(machine.anything("arguments", call.at))
    return made


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
    """`parse_json_file`, `parse_yaml_file`, `parse_dict`: each class gets the entries that are its fields."""
    parser = call.get(0)
    classes = parser.attributes.get("__classes__") if isinstance(parser, Instance) else None
    if not isinstance(classes, ListObject):
        return None
    given = next((call.get(1, name) for name in ("json_file", "yaml_file", "args") if call.get(1, name)), None)
    found = machine.settle(given) if given is not None else None
    if isinstance(found, Value):
        found = document(machine, found)
    if not isinstance(found, DictObject):
        things = [machine.call(cls, Arguments(call.at, call.func_at, (), {}, True)) for cls in classes.items]
        return listing("tuple", tuple(things))
    entries = {str(name): entry for name, entry in found.entries.items()}
    own = {id(cls): _fields_of(cls) for cls in classes.items}
    taken = frozenset().union(*own.values())
    made: list[Thing] = []
    for cls in classes.items:
        # What a library's class has for fields is not known: it gets what no class of the workspace takes.
        wanted = own[id(cls)] | (entries.keys() - taken if _from_outside(cls) else frozenset())
        keywords = {name: entry for name, entry in entries.items() if name in wanted}
        made.append(machine.call(cls, Arguments(call.at, call.func_at, (), keywords, not found.complete)))
    return listing("tuple", tuple(made))


def _fields_of(cls: Thing) -> frozenset[str]:
    if not isinstance(cls, ClassObject):
        return frozenset()
    return frozenset(name for ancestor in cls.ancestry() for name, _ in ancestor.fields or ())


def _from_outside(cls: Thing) -> bool:
    return not isinstance(cls, ClassObject) or bool(cls.outside())


FUNCTIONS: Final[dict[str, Function]] = {
    "tyro.cli": _entry,
    "defopt.run": _entry,
    **dict.fromkeys(("jsonargparse.CLI", "jsonargparse.cli.CLI", "jsonargparse.auto_cli"), _components),
    _HF: _hf_parser,
    f"{_HF}.parse_args_into_dataclasses": _parse_dataclasses,
    f"{_HF}.parse_json_file": _parse_file,
    f"{_HF}.parse_yaml_file": _parse_file,
    f"{_HF}.parse_dict": _parse_file,
}
