"""Lists, dicts, namespaces and what `collections` and `itertools` make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Attribute, Function, Method
from dtlint.run.script.objects import (
    DictObject,
    Entries,
    Instance,
    Iteration,
    ListObject,
    Members,
    ModuleObject,
    Object,
    Thing,
    Unread,
    as_value,
    attributes_of,
    listing,
    mapping,
    spread,
    things_of,
    together,
)
from dtlint.run.script.state import Raised
from dtlint.source import Span
from dtlint.value import Scalar, Value, known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

MANY: Final = 4096


def _made(kind: str) -> Function:
    def made(machine: Caller, call: Arguments) -> Thing | None:
        if not call.positional:
            return listing(kind, ())
        source = machine.settle(call.positional[0])
        items = machine.items_of(source, MANY)
        if items is None and isinstance(source, ListObject):
            return spread(kind, source.sources) if source.sources else listing(kind, source.items, False)
        if items is None:
            return spread(kind, (source,)) if isinstance(source, Object) else listing(kind, (), False)
        if kind in ("set", "frozenset"):
            kept: dict[object, Thing] = {}
            for item in items:
                kept.setdefault((item.constant,) if isinstance(item, Value) and item.known else id(item), item)
            exact = all(isinstance(item, Value) and item.known for item in items)
            return listing("set", tuple(kept.values()), exact or len(items) <= 1)
        return listing(kind, items)

    return made


def _dict(machine: Caller, call: Arguments) -> Thing | None:
    entries: dict[Scalar, Thing] = {}
    complete = not call.open
    if call.positional:
        source = machine.settle(call.positional[0])
        if isinstance(source, Value):
            source = things_of(source)
        if isinstance(source, DictObject):
            entries.update(source.entries)
            complete = complete and source.complete
        else:
            pairs = machine.items_of(source, MANY)
            if pairs is None:
                complete = False
            for pair in pairs or ():
                both = machine.items_of(pair, 2)
                if both is not None and len(both) == 2 and as_value(both[0]).known:
                    entries[as_value(both[0]).constant] = both[1]
                else:
                    complete = False
    entries.update(call.keywords)
    return mapping(entries, complete)


def _default_dict(machine: Caller, call: Arguments) -> Thing | None:
    return mapping({}, False)


def _namespace(machine: Caller, call: Arguments) -> Thing | None:
    return Instance("argparse.Namespace", dict(call.keywords), complete=not call.open)


def _field(machine: Caller, call: Arguments) -> Thing | None:
    """`dataclasses.field(default=…)`, which `Caller.field_default` asks."""
    return Instance("dataclasses.field", dict(call.keywords), complete=False)


def _vars(machine: Caller, call: Arguments) -> Thing | None:
    thing = machine.settle(call.positional[0]) if call.positional else None
    return attributes_of(thing) if isinstance(thing, Instance | ModuleObject) else None


def _chain(machine: Caller, call: Arguments) -> Thing | None:
    found: list[Thing] = []
    for thing in call.positional:
        items = machine.items_of(thing, MANY)
        if items is None:
            return Iteration("chain", call.positional)
        found += items
    return listing("list", tuple(found))


# -- methods of lists


def _list(receiver: Thing) -> ListObject:
    assert isinstance(receiver, ListObject)
    return receiver


def _change(machine: Caller, receiver: ListObject, items: tuple[Thing, ...], complete: bool) -> Value:
    if len(items) > MANY:
        items, complete = items[:MANY], False
    machine.heap.store(receiver.cell, "content", Members(items, complete, receiver.varies and bool(items)))
    return known(None)


def _append(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    target = _list(receiver)
    if target.kind == "set":
        return _change(machine, target, (*target.items, *call.positional), False)
    return _change(machine, target, (*target.items, *call.positional), target.complete and not call.open)


def _extend(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    target = _list(receiver)
    items = machine.items_of(call.positional[0], MANY) if call.positional else None
    return _change(machine, target, target.items + (items or ()), target.complete and items is not None)


def _insert(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    target = _list(receiver)
    place = as_value(call.positional[0]).integer if len(call.positional) == 2 else None
    if place is None or not target.complete:
        return _change(machine, target, target.items, False)
    items = list(target.items)
    items.insert(place, call.positional[1])
    return _change(machine, target, tuple(items), True)


def _list_pop(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    target = _list(receiver)
    place = as_value(call.given(0, "", known(-1))).integer
    if place is None or not target.complete:
        _change(machine, target, (), False)
        return Unread("an item")
    if not -len(target.items) <= place < len(target.items):
        raise Raised("IndexError")
    items = list(target.items)
    taken = items.pop(place)
    _change(machine, target, tuple(items), True)
    return taken


def _clear(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    return _change(machine, _list(receiver), (), True)


def _disturb(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    """`sort`, `remove`, `reverse`: what is left is not followed item by item."""
    return _change(machine, _list(receiver), (), False)


def _list_copy(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    source = _list(receiver)
    return listing(source.kind, source.items, source.complete, source.trail)


def _list_index(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    target = _list(receiver)
    wanted = as_value(call.positional[0]) if call.positional else None
    if wanted is not None and wanted.known and target.complete:
        for number, item in enumerate(target.items):
            value = as_value(item)
            if not value.known:
                break
            if value.constant == wanted.constant:
                return known(number)
        else:
            raise Raised("ValueError")
    return machine.anything("an index", call.at, low=0, whole=True)


# -- methods of dicts


def _dict_of(receiver: Thing) -> DictObject:
    assert isinstance(receiver, DictObject)
    return receiver


def put(
    machine: Caller,
    receiver: DictObject,
    entries: dict[Scalar, Thing],
    complete: bool,
    other: tuple[Thing, ...] = (),
    keys: tuple[Thing, ...] = (),
) -> Value:
    """Make `entries` the content of a dict, or of the attributes that it shows; `other` came under unknown `keys`."""
    owner = receiver.owner
    if owner is None:
        others, keys = together(receiver.others, other), together(receiver.keys, keys)
        varies = receiver.varies and bool(entries)
        machine.heap.store(receiver.cell, "content", Entries(entries, complete, others, keys, varies))
        return known(None)
    place = owner.attributes if isinstance(owner, Instance) else owner.names
    for name in [name for name in place if name not in entries]:
        machine.heap.remove(place, name)
    for key, thing in entries.items():
        if isinstance(key, str) and place.get(key) is not thing:
            machine.heap.store(place, key, thing)
    if isinstance(owner, Instance) and not complete:
        owner.complete = False
    return known(None)


def _get(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    target = _dict_of(receiver)
    key = as_value(call.positional[0]) if call.positional else None
    if key is None:
        return None
    if key.known:
        if key.constant in target.entries:
            return machine.settle(target.entries[key.constant])
        if target.complete:
            return call.given(1, "default")
    return Unread(f".get({key})")


def _set_default(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    target = _dict_of(receiver)
    found = _get(machine, receiver, call)
    key = as_value(call.positional[0]) if call.positional else known(None)
    if key.known and key.constant not in target.entries:
        put(machine, target, {**target.entries, key.constant: call.given(1, "default")}, target.complete)
    return found


def _update(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    target = _dict_of(receiver)
    other = _dict(machine, call)
    assert isinstance(other, DictObject)
    before = target.entries
    if not other.complete:
        # What is not seen of the other may override any plain value.
        before = {key: overridden(machine, thing, str(key), call) for key, thing in before.items()}
    keys = () if other.complete else other.keys or (Unread("a key"),)
    return put(machine, target, {**before, **other.entries}, target.complete and other.complete, keys=keys)


def overridden(machine: Caller, thing: Thing, name: str, call: Arguments) -> Thing:
    """A plain value in whose place another one may stand from now on."""
    return machine.anything(name, call.at) if isinstance(thing, Value) else thing


def _dict_pop(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    target = _dict_of(receiver)
    found = _get(machine, receiver, call)
    key = as_value(call.positional[0]) if call.positional else known(None)
    if key.known:
        if key.constant not in target.entries and target.complete and len(call.positional) < 2:
            raise Raised("KeyError")
        rest = {name: thing for name, thing in target.entries.items() if name != key.constant}
        put(machine, target, rest, target.complete)
    else:
        put(machine, target, target.entries, False)
    return found


def _items(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    target = _dict_of(receiver)
    if _scattered(target):
        return spread("list", target.others)
    pairs = [listing("tuple", (known(key), thing)) for key, thing in target.entries.items()]
    return _view(target, tuple(pairs))


def _keys(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    target = _dict_of(receiver)
    return _view(target, tuple([known(key) for key in target.entries]))


def _values(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    target = _dict_of(receiver)
    if _scattered(target):
        return spread("list", target.others)
    return _view(target, tuple(target.entries.values()))


def _dict_clear(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    return put(machine, _dict_of(receiver), {}, True)


def _view(target: DictObject, items: tuple[Thing, ...]) -> ListObject:
    return ListObject("list", {"content": Members(items, target.complete, target.varies)})


def _scattered(target: DictObject) -> bool:
    """Its entries were taken from something that was not read: none is known, but where they come from."""
    return not target.entries and bool(target.others) and all(isinstance(one, Unread) for one in target.others)


def _dict_copy(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    source = _dict_of(receiver)
    return mapping(dict(source.entries), source.complete, source.trail)


def _ask_namespace(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    """`.get` of a config that is also a mapping."""
    assert isinstance(receiver, Instance)
    key = as_value(call.positional[0]).string if call.positional else None
    if key is None:
        return None
    if key in receiver.attributes:
        return machine.settle(receiver.attributes[key])
    return call.given(1, "default") if receiver.complete else Unread(f".get({key})")


def _attribute(machine: Caller, owner: Thing, name: str, at: Span) -> Thing | None:
    return attributes_of(owner) if name == "__dict__" and isinstance(owner, Instance) else None


ATTRIBUTES: Final[dict[str, Attribute]] = {"argparse.Namespace": _attribute}

FUNCTIONS: Final[dict[str, Function]] = {
    "list": _made("list"), "tuple": _made("tuple"), "set": _made("set"), "frozenset": _made("frozenset"),
    "dict": _dict, "collections.OrderedDict": _dict, "collections.defaultdict": _default_dict, "vars": _vars,
    "types.SimpleNamespace": _namespace, "argparse.Namespace": _namespace, "itertools.chain": _chain,
    "collections.deque": _made("list"), "dataclasses.field": _field,
}  # fmt: skip

LIST_METHODS: Final[dict[str, Method]] = {
    "append": _append, "add": _append, "extend": _extend, "update": _extend, "insert": _insert, "pop": _list_pop,
    "clear": _clear, "sort": _disturb, "remove": _disturb, "discard": _disturb, "reverse": _disturb,
    "copy": _list_copy, "index": _list_index,
}  # fmt: skip

DICT_METHODS: Final[dict[str, Method]] = {
    "get": _get, "setdefault": _set_default, "update": _update, "pop": _dict_pop, "items": _items, "keys": _keys,
    "values": _values, "copy": _dict_copy, "clear": _dict_clear,
}  # fmt: skip

NAMESPACE_METHODS: Final[dict[str, Method]] = {"get": _ask_namespace}
