"""Configurations whose entries are attributes too: OmegaConf's, and those of easydict, addict and ml_collections.

OmegaConf (omegaconf 2.3) resolves `${a.b}` whenever the value is asked for, from the whole configuration as it then is;
so a text with an interpolation is kept as an unknown whose key has the text (`dtlint.run.composition.raw`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dtlint.run.composition import Tree, interpolation, literal, raw
from dtlint.run.script.call import Arguments
from dtlint.run.script.library.argument_parser import words_of
from dtlint.run.script.library.containers import DICT_METHODS
from dtlint.run.script.library.documents import document
from dtlint.run.script.library.environment import FUNCTIONS as ENVIRONMENT
from dtlint.run.script.library.handler import Attribute, Function, Method
from dtlint.run.script.objects import (
    ClassObject,
    DictObject,
    Entries,
    Instance,
    ListObject,
    Object,
    Thing,
    Unread,
    as_value,
    listing,
    mapping,
    things_of,
)
from dtlint.source import Span
from dtlint.value import Fields, How, Scalar, Step, Term, Value, known, text, unknown

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

OMEGA: Final = "omegaconf.DictConfig"
_PLAIN: Final = ("easydict.EasyDict", "addict.Dict", "ml_collections.ConfigDict", "munch.Munch", "box.Box")
_INTERPOLATION: Final = re.compile(r"\$\{([^${}]*)\}")
_DEEPEST: Final = 8
"""Interpolations that lead to interpolations."""


def config_of(thing: Thing, cls: str, root: DictObject | None = None) -> Thing:
    """A dict, and every dict in it, as a configuration; all other things as they are."""
    if isinstance(thing, Value) and isinstance(thing.content, Fields):
        thing = things_of(thing)
    if isinstance(thing, DictObject):
        made = DictObject({"content": Entries({}, thing.complete)}, thing.trail, cls, root)
        entries: dict[Scalar, Thing] = {
            key: config_of(entry, cls, root or made) for key, entry in thing.entries.items()
        }
        made.cell["content"] = Entries(entries, thing.complete)
        return made
    if isinstance(thing, ListObject) and thing.kind in ("list", "tuple"):
        members = tuple([config_of(item, cls, root) for item in thing.items])
        return listing("list", members, thing.complete, thing.trail)
    return raw(thing) if isinstance(thing, Value) and cls == OMEGA else thing


def _interpolation(thing: Thing) -> str | None:
    """The text that an unknown stands for."""
    symbol = thing.content.symbol if isinstance(thing, Value) and isinstance(thing.content, Term) else None
    key = symbol.key if symbol is not None else None
    if isinstance(key, tuple) and len(key) == 3 and key[0] == "interpolation" and isinstance(key[1], str):
        return key[1]
    return None


def resolved(machine: Caller, config: DictObject, entry: Thing, at: Span, depth: int = _DEEPEST) -> Thing:
    """An entry of `config` as reading it gives it."""
    machine.spend()
    entry = machine.settle(entry)
    written = _interpolation(entry)
    if written is None or not isinstance(entry, Value):
        return entry
    parts: list[str | Value] = []
    done = 0
    for found in _INTERPOLATION.finditer(written):
        parts.append(written[done : found.start()])
        inner = _looked_up(machine, config, found.group(1).strip(), at, depth)
        if inner is None:
            return entry
        if (found.start(), found.end()) == (0, len(written)):
            return inner.after(entry.trail) if isinstance(inner, Value) else inner
        parts.append(as_value(inner).as_text())
        done = found.end()
    rest = written[done:]
    if "$" in rest or any(isinstance(part, str) and ("$" in part or "\\" in part) for part in parts):
        return entry
    return text((*parts, rest)).after(entry.trail)


def _looked_up(machine: Caller, config: DictObject, inner: str, at: Span, depth: int) -> Thing | None:
    if not depth:
        return None
    resolver, colon, given = inner.partition(":")
    if colon:
        if resolver not in ("oc.env", "env"):
            return None
        name, comma, default = given.partition(",")
        key = known(name.strip())
        if comma:
            stated = literal(known(default.strip()))
            value = stated.as_text() if stated.constant is not None else stated
            return ENVIRONMENT["os.environ.get"](machine, Arguments(at, at, (key, value)))
        found = machine.read_environment(name.strip(), at, None, required=True)
        return None if found.is_absent else found
    if not inner or inner.startswith(".."):
        return None
    start = config if inner.startswith(".") else config.root or config
    return select(machine, start, inner.lstrip("."), at, depth)


def select(machine: Caller, config: DictObject, path: str, at: Span, depth: int = _DEEPEST) -> Thing | None:
    """What stands at a dotted path; None where it cannot be told."""
    thing: Thing = config
    for name in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(thing, DictObject) and name in thing.entries:
            thing = resolved(machine, thing, thing.entries[name], at, depth - 1)
        elif isinstance(thing, ListObject) and thing.complete and name.isdigit() and int(name) < len(thing.items):
            thing = machine.settle(thing.items[int(name)])
        else:
            return None
    return None if _interpolation(thing) is not None else thing


# -- reading a configuration


def _attribute(machine: Caller, owner: Thing, name: str, at: Span) -> Thing | None:
    assert isinstance(owner, DictObject)
    if name in owner.entries:
        return resolved(machine, owner, owner.entries[name], at)
    if name in METHODS or name.startswith("__"):
        return None
    return Unread(name)


def _get(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    found = DICT_METHODS["get"](machine, receiver, call)
    assert isinstance(receiver, DictObject)
    return None if found is None else resolved(machine, receiver, found, call.at)


def _pop(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    assert isinstance(receiver, DictObject)
    key = as_value(call.given(0, "key"))
    before = receiver.entries.get(key.constant) if key.known else None
    known_before = None if before is None else resolved(machine, receiver, before, call.at)
    found = DICT_METHODS["pop"](machine, receiver, call)
    return found if known_before is None else known_before


def _items(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    return DICT_METHODS["items"](machine, plain(machine, receiver, call.at, deep=False), call)


def _values(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    return DICT_METHODS["values"](machine, plain(machine, receiver, call.at, deep=False), call)


def _update(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    assert isinstance(receiver, DictObject)
    given = call.positional[0] if call.positional else mapping(dict(call.keywords))
    other = config_of(machine.settle(given), receiver.cls, receiver.root or receiver)
    return DICT_METHODS["update"](machine, receiver, Arguments(call.at, call.func_at, (other,)))


def _merge_with(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    assert isinstance(receiver, DictObject)
    merged = _merged(machine, (receiver, *call.positional), call)
    machine.heap.store(receiver.cell, "content", _rooted(merged, receiver).cell["content"])
    return known(None)


def _to_dict(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    return plain(machine, receiver, call.at)


def _nothing(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    return known(None)


def plain(machine: Caller, thing: Thing, at: Span, deep: bool = True, resolve: bool = True) -> Thing:
    """A configuration as a dict, with what its interpolations give."""
    thing = machine.settle(thing)
    if isinstance(thing, ListObject):
        return listing("list", tuple([plain(machine, item, at) for item in thing.items]), thing.complete, thing.trail)
    if not isinstance(thing, DictObject):
        return thing
    entries: dict[Scalar, Thing] = {}
    for key, entry in thing.entries.items():
        found = resolved(machine, thing, entry, at) if resolve else entry
        entries[key] = plain(machine, found, at, deep, resolve) if deep else found
    return mapping(entries, thing.complete, thing.trail)


# -- OmegaConf's functions


def _load(machine: Caller, call: Arguments) -> Thing | None:
    path = call.get(0, "file_")
    found = document(machine, as_value(path), interpolation) if path is not None else None
    return config_of(found, OMEGA) if found is not None else _anything()


def _anything() -> DictObject:
    return DictObject({"content": Entries({}, False)}, (), OMEGA)


def _create(machine: Caller, call: Arguments) -> Thing | None:
    thing = machine.settle(call.given(0, "obj", known(None)))
    if isinstance(thing, Value) and not isinstance(thing.content, Fields):
        return _anything() if call.positional or call.keywords else config_of(mapping({}), OMEGA)
    return config_of(_source(machine, thing, call), OMEGA)


def _source(machine: Caller, thing: Thing, call: Arguments) -> Thing:
    """A dict, a dataclass or an instance of one, as a dict."""
    thing = machine.settle(thing)
    if isinstance(thing, ClassObject) and any(cls.fields is not None for cls in thing.ancestry()):
        thing = machine.call(thing, Arguments(call.at, call.func_at))
    if isinstance(thing, Instance) and isinstance(thing.cls, ClassObject):
        return mapping({name: _source(machine, held, call) for name, held in thing.attributes.items()}, thing.complete)
    return thing


def _merge(machine: Caller, call: Arguments) -> Thing | None:
    return _merged(machine, call.positional, call)


def _merged(machine: Caller, things: tuple[Thing, ...], call: Arguments) -> DictObject:
    result = Tree()
    if call.open:
        return _anything()
    objects: dict[int, Object] = {}
    for thing in things:
        source = config_of(_source(machine, thing, call), OMEGA)
        if isinstance(source, DictObject):
            result.merge(_tree(source, objects))
        elif not (isinstance(source, ListObject) and source.complete and not source.items):
            result.merge(Tree(complete=False))
    made = config_of(things_of(result.value()), OMEGA)
    assert isinstance(made, DictObject)
    return made


def _tree(config: DictObject, objects: dict[int, Object]) -> Tree:
    made: dict[str, Tree | Value] = {}
    for key, entry in config.entries.items():
        made[str(key)] = _tree(entry, objects) if isinstance(entry, DictObject) else as_value(entry)
    return Tree(made, config.complete, config.trail)


def _rooted(config: DictObject, root: DictObject) -> DictObject:
    made = config_of(config, config.cls, root.root or root)
    assert isinstance(made, DictObject)
    return made


def _from_cli(machine: Caller, call: Arguments) -> Thing | None:
    words = words_of(machine, call.get(0, "args_list"))
    if words is None:
        return config_of(mapping({}), OMEGA) if machine.context.defaults_hold else _anything()
    result = Tree()
    for word in words:
        head = word.pieces[0].content if word.pieces else ""
        name, equals, _ = head.partition("=") if isinstance(head, str) else ("", "", "")
        if word.many or not name or not equals:
            result.forget()
            continue
        path = tuple(name.split("."))
        value = literal(word.cut(len(name) + 1).value)
        result.at(path[:-1]).entries[path[-1]] = raw(value.because(Step(How.OPTION, word.written, word.at)))
    return config_of(things_of(result.value()), OMEGA)


def _to_container(machine: Caller, call: Arguments) -> Thing | None:
    config = machine.settle(call.given(0, "cfg"))
    resolve = call.get(None, "resolve")
    if not isinstance(config, DictObject | ListObject):
        return None
    return plain(machine, config, call.at, resolve=resolve is not None and machine.decide(resolve) is True)


def _select(machine: Caller, call: Arguments) -> Thing | None:
    config, path = machine.settle(call.given(0, "cfg")), as_value(call.given(1, "key")).string
    if not isinstance(config, DictObject) or path is None:
        return None
    found = select(machine, config, path, call.at)
    if found is None:
        default = call.get(None, "default")
        return default if config.complete and default is not None and "." not in path else Unread(path)
    return found


def _set(machine: Caller, call: Arguments) -> Thing | None:
    """`OmegaConf.update(cfg, "a.b", value)`."""
    config, path = machine.settle(call.given(0, "cfg")), as_value(call.given(1, "key")).string
    parts = path.split(".") if path is not None else []
    for name in parts[:-1]:
        inner = config.entries.get(name) if isinstance(config, DictObject) else None
        config = known(None) if inner is None else machine.settle(inner)
    if not isinstance(config, DictObject) or not parts:
        machine.escape(*call.positional)
        return known(None)
    thing = config_of(call.given(2, "value"), OMEGA, config.root or config)
    machine.heap.store(config.cell, "content", Entries({**config.entries, parts[-1]: thing}, config.complete))
    return known(None)


def _quiet(machine: Caller, call: Arguments) -> Thing | None:
    return known(None)


def _text(machine: Caller, call: Arguments) -> Thing | None:
    return unknown("the configuration's text", key=("configuration", call.at))


def _dict_of(cls: str) -> Function:
    def made(machine: Caller, call: Arguments) -> Thing | None:
        source = machine.settle(call.positional[0]) if call.positional else mapping(dict(call.keywords), not call.open)
        made_of = config_of(source, cls)
        return made_of if isinstance(made_of, DictObject) else DictObject({"content": Entries({}, False)}, (), cls)

    return made


_CONF: Final = "omegaconf.OmegaConf"

FUNCTIONS: Final[dict[str, Function]] = {
    f"{_CONF}.load": _load, f"{_CONF}.create": _create, f"{_CONF}.structured": _create, f"{_CONF}.merge": _merge,
    f"{_CONF}.unsafe_merge": _merge, f"{_CONF}.from_cli": _from_cli, f"{_CONF}.from_dotlist": _from_cli,
    f"{_CONF}.to_container": _to_container, f"{_CONF}.to_object": _to_container, f"{_CONF}.select": _select,
    f"{_CONF}.update": _set, f"{_CONF}.set_struct": _quiet, f"{_CONF}.set_readonly": _quiet,
    f"{_CONF}.resolve": _quiet, f"{_CONF}.to_yaml": _text, OMEGA: _create,
    f"{_CONF}.register_new_resolver": _quiet, f"{_CONF}.register_resolver": _quiet,
    **{name: _dict_of(name) for name in _PLAIN},
}  # fmt: skip

METHODS: Final[dict[str, Method]] = {
    **DICT_METHODS, "get": _get, "pop": _pop, "items": _items, "values": _values, "update": _update,
    "merge_with": _merge_with, "to_dict": _to_dict, "lock": _nothing, "unlock": _nothing, "freeze": _nothing,
}  # fmt: skip

ATTRIBUTES: Final[dict[str, Attribute]] = dict.fromkeys((OMEGA, *_PLAIN), _attribute)
