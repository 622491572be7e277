"""Configuration files that a script loads: documents of the workspace become records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from dtlint.run.json_text import parsed, written
from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Function, Method
from dtlint.run.script.library.paths import text_of
from dtlint.run.script.objects import Instance, Thing, Unread, as_value, listing, mapping, things_of
from dtlint.run.settings import Filling, unfilled, value_of
from dtlint.value import Const, Fields, Items, Term, Text, Trail, Value

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

OPENED: Final = "io.TextIOWrapper"
_RUAMEL: Final = "ruamel.yaml.YAML"


def _open(machine: Caller, call: Arguments) -> Thing | None:
    """An open file keeps its path; writing is an event like any other."""
    path = call.get(0, "file")
    if path is None:
        return None
    event = machine.record(
        "open", call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
    )
    return Instance(OPENED, {"name": as_value(path)}, made_by=event, complete=False)


def document(machine: Caller, path: Value, filling: Filling = unfilled) -> Thing | None:
    """The record in the file at `path`; None if it is not in the workspace or cannot be told."""
    name = path.string
    if name is None:
        return None
    files = machine.context.files
    found = files.resolve(name, machine.context.directory.string, machine.run.path)
    read = files.document(found) if found is not None else None
    if read is None or len(read.roots) != 1:
        return None
    if found is not None and found not in machine.run.documents:
        machine.run.documents.append(found)
    return things_of(value_of(read.roots[0], filling).after(path.trail))


def _load(machine: Caller, call: Arguments) -> Thing | None:
    source = machine.settle(call.positional[0]) if call.positional else call.get(None, "stream")
    if isinstance(source, Instance) and source.cls == OPENED:
        found = document(machine, as_value(source.attributes["name"]))
        if found is not None:
            return found
    elif isinstance(source, Value):
        return _parsed(machine, source, _yaml)
    return Unread("a document")


def _reader(machine: Caller, call: Arguments) -> Thing | None:
    return Instance(_RUAMEL, complete=False)


def _load_further(machine: Caller, call: Arguments) -> Thing | None:
    """`YAML().load(stream)`: the reader comes first."""
    return _load(machine, Arguments(call.at, call.func_at, call.positional[1:], call.keywords, call.open))


def _load_path(machine: Caller, call: Arguments) -> Thing | None:
    """`toml.load`: an open file, or a path."""
    source = machine.settle(call.given(0, "f"))
    path = source.attributes["name"] if isinstance(source, Instance) and source.cls == OPENED else source
    found = document(machine, as_value(path))
    return found if found is not None else Unread("a document")


def _loads(parse: Callable[[str], Any]) -> Function:
    """A function that parses a text: what a file gave is read with its places."""

    def loads(machine: Caller, call: Arguments) -> Thing | None:
        return _parsed(machine, as_value(call.given(0, "s")), parse)

    return loads


def _parsed(machine: Caller, value: Value, parse: Callable[[str], Any]) -> Thing:
    symbol = value.content.symbol if isinstance(value.content, Term) else None
    if symbol is not None and isinstance(symbol.key, tuple) and symbol.key[0] == "text of":
        found = document(machine, Value(Const(symbol.key[1]), value.trail))
        return found if found is not None else Unread("a document")
    if parse is json.loads and isinstance(value.content, Text):
        # In parts of which some are not known.
        told = parsed(value)
        return things_of(told) if isinstance(told.content, Fields | Items) else Unread("a document")
    # Anchors may stand for any number of nodes.
    if value.string is None or "&" in value.string:
        return Unread("a document")
    try:
        return thing_of(parse(value.string), value.trail)
    except (ValueError, RecursionError):
        return Unread("a document")


def _yaml(text: str) -> Any:
    """Raises `ValueError`."""
    import yaml  # takes 17 ms, and few scripts have a YAML text in them

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as fault:
        raise ValueError(str(fault)) from fault


def _toml(text: str) -> Any:
    """Raises `ValueError`."""
    import tomllib

    return tomllib.loads(text)


def _dumps(machine: Caller, call: Arguments) -> Thing | None:
    """The text of a record whose shape is known; the call is an event like any other."""
    made = written(as_value(machine.settle(call.given(0, "obj")))) if not call.open else None
    if made is None or "default" in call.keywords or "cls" in call.keywords:
        return None
    event = machine.record(
        "json.dumps", call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
    )
    event.result = made
    return made


def _read(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    """`file.read()`."""
    assert isinstance(receiver, Instance)
    return text_of(as_value(receiver.attributes["name"])) if "name" in receiver.attributes else None


def thing_of(parsed: Any, trail: Trail) -> Thing:
    """A parsed document or literal; what is no plain constant is anything."""
    if isinstance(parsed, dict):
        return mapping({key: thing_of(item, trail) for key, item in parsed.items()}, True, trail)
    if isinstance(parsed, list | tuple):
        kind = "list" if isinstance(parsed, list) else "tuple"
        return listing(kind, tuple([thing_of(item, trail) for item in parsed]), True, trail)
    if parsed is None or isinstance(parsed, str | int | float | bool):
        return Value(Const(parsed), trail)
    return Unread("a value", trail=trail)


FUNCTIONS: Final[dict[str, Function]] = {
    "open": _open,
    "json.load": _load,
    "json.loads": _loads(json.loads),
    "json.dumps": _dumps,
    "tomllib.loads": _loads(_toml),
    "tomli.loads": _loads(_toml),
    "toml.loads": _loads(_toml),
    _RUAMEL: _reader,
    f"{_RUAMEL}.load": _load_further,
    "yaml.safe_load": _load,
    "yaml.load": _load,
    "yaml.full_load": _load,
    "tomllib.load": _load,
    "tomli.load": _load,
    "toml.load": _load_path,
}

METHODS: Final[dict[str, Method]] = {"read": _read}
