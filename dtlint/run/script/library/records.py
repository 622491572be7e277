"""Classes of plain fields: copies, dicts and fields of a dataclass of the workspace, and `collections.namedtuple`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.facts.script import ClassDef, Constant
from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import (
    BoundMethod,
    ClassObject,
    DictObject,
    External,
    FunctionObject,
    Instance,
    ListObject,
    ModuleObject,
    Thing,
    as_value,
    listing,
    mapping,
)
from dtlint.value import known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

_DEEPEST: Final = 8


def _replace(machine: Caller, call: Arguments) -> Thing | None:
    """A copy with other values, after which `__post_init__` runs again."""
    thing = machine.settle(call.given(0, "obj"))
    if not isinstance(thing, Instance) or not isinstance(thing.cls, ClassObject):
        return None
    made = Instance(thing.cls, {**thing.attributes, **call.keywords}, complete=thing.complete and not call.open)
    if call.open:
        made.attributes = {name: machine.anything(name, call.at) for name in made.attributes}
    after = thing.cls.lookup("__post_init__")
    if isinstance(after, FunctionObject):
        machine.call(BoundMethod(made, after), Arguments(call.at, call.func_at))
    return made


def _as_dict(machine: Caller, call: Arguments) -> Thing | None:
    thing = machine.settle(call.given(0, "obj"))
    if not isinstance(thing, Instance) or not isinstance(thing.cls, ClassObject):
        return None
    return _plain(machine, thing, _DEEPEST)


def _plain(machine: Caller, thing: Thing, depth: int) -> Thing:
    thing = machine.settle(thing)
    if not depth:
        return thing
    if isinstance(thing, Instance) and isinstance(thing.cls, ClassObject) and _fields(thing.cls):
        held = {name: _plain(machine, part, depth - 1) for name, part in thing.attributes.items()}
        return mapping(held, thing.complete and not thing.unseen)
    if isinstance(thing, ListObject):
        return listing(thing.kind, tuple([_plain(machine, part, depth - 1) for part in thing.items]), thing.complete)
    if isinstance(thing, DictObject):
        return mapping({key: _plain(machine, part, depth - 1) for key, part in thing.entries.items()}, thing.complete)
    return thing


def _fields(cls: ClassObject) -> dict[str, ClassObject]:
    """The names of a dataclass's fields, and the class in which each stands."""
    found: dict[str, ClassObject] = {}
    for ancestor in reversed(list(cls.ancestry())):
        for name, _ in ancestor.fields or ():
            found[name] = ancestor
    return found


def _listed(machine: Caller, call: Arguments) -> Thing | None:
    """`dataclasses.fields(cls)`: their names, and the defaults that are written as such."""
    thing = machine.settle(call.given(0, "class_or_instance"))
    cls = thing.cls if isinstance(thing, Instance) else thing
    if not isinstance(cls, ClassObject) or cls.outside():
        return None
    found = []
    for name, home in _fields(cls).items():
        told: dict[str, Thing] = {"name": known(name)}
        default = next((default for each, default in home.fields or () if each == name), None)
        if isinstance(default, Constant):
            told["default"] = machine.field_default(home, name, default)
        found.append(Instance("dataclasses.Field", told, complete=False))
    return listing("tuple", tuple(found))


def _named_tuple(machine: Caller, call: Arguments) -> Thing | None:
    """A class with these fields: `namedtuple("Ranks", "rank local_rank")`, `namedtuple("Ranks", ["rank"])`."""
    given = machine.settle(call.given(1, "field_names")) if len(call.positional) > 1 or call.keywords else None
    title = as_value(call.positional[0]).string if call.positional else None
    if given is None or title is None or call.open or set(call.keywords) - {"field_names"}:
        return None
    text = as_value(given).string
    if text is not None:
        names = [*text.replace(",", " ").split()]
    elif isinstance(given, ListObject) and given.complete:
        names = [name for item in given.items if (name := as_value(item).string) is not None]
        if len(names) != len(given.items):
            return None
    else:
        return None
    definition = ClassDef(title, (), (), (), (), call.at, call.at)
    fields = tuple([(name, None) for name in names])
    home = ModuleObject(title, call.at.path)
    return ClassObject(title, home, (External("typing.NamedTuple"),), {}, definition, fields)


FUNCTIONS: Final[dict[str, Function]] = {
    "collections.namedtuple": _named_tuple,
    "dataclasses.replace": _replace,
    "dataclasses.asdict": _as_dict,
    "dataclasses.fields": _listed,
}
