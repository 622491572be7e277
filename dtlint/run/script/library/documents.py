"""Configuration files that a script loads: documents of the workspace become records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import Instance, Thing, Unread, as_value, listing, mapping, things_of
from dtlint.run.settings import Filling, unfilled, value_of
from dtlint.value import Const, Trail, Value

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

OPENED: Final = "io.TextIOWrapper"


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
    return Unread("a document")


def _load_path(machine: Caller, call: Arguments) -> Thing | None:
    path = call.get(0, "file_")
    found = document(machine, as_value(path)) if path is not None else None
    return found if found is not None else Unread("a document")


def _loads(machine: Caller, call: Arguments) -> Thing | None:
    value = as_value(call.positional[0]) if call.positional else None
    if value is None or value.string is None:
        return Unread("a document")
    try:
        return thing_of(json.loads(value.string), value.trail)
    except (ValueError, RecursionError):
        return Unread("a document")


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
    "json.loads": _loads,
    "yaml.safe_load": _load,
    "yaml.load": _load,
    "yaml.full_load": _load,
    "tomllib.load": _load,
    "tomli.load": _load,
    "toml.load": _load_path,
}
