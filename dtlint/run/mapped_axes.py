"""Names of mapped axes in JAX: who gives them, and which collectives go over them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.run.script.objects import BoundMethod, External, FunctionObject, Instance, Thing, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Value
from dtlint.value.value import Fields, Items

_COLLECTIVES: Final = "jax.lax."
_MAPPING: Final = frozenset(("pmap", "vmap", "xmap", "shard_map", "smap", "Mesh", "make_mesh"))
_DEEPEST: Final = 4


def nameless(run: ScriptRun) -> Iterator[Event]:
    """Collectives over an axis whose name is given to nothing else that the script calls, the first of each name."""
    if not run.complete:
        return
    given: set[str] = set()
    wanted: list[Event] = []
    for event in run.events:
        if event.name.startswith(_COLLECTIVES):
            wanted.append(event)
            continue
        if event.open or ("axis_name" in event.keywords and event.argument("axis_name").string is None):
            return
        for thing in (*event.positional, *event.keywords.values()):
            texts = _texts(as_value(thing), _DEEPEST)
            if texts is None and _may_name(event, thing):
                return
            given |= texts or set()
    told: set[str] = set()
    for event in wanted:
        name = event.argument("axis_name").string if event.row is not None else None
        if name is not None and name not in given and name not in told and event.surely and not event.caught:
            told.add(name)
            yield event


def _may_name(event: Event, thing: Thing) -> bool:
    """An argument that is not known may be a name where functions are mapped or meshes made."""
    plain = isinstance(thing, FunctionObject | BoundMethod | External | Instance)
    return event.method in _MAPPING and not plain


def _texts(value: Value, deep: int) -> set[str] | None:
    """All texts in it; None where something is not known."""
    if value.string is not None:
        return {value.string}
    content = value.content
    members = content.items if isinstance(content, Items) else ()
    if isinstance(content, Fields):
        members = tuple(content.entries.values())
    if isinstance(content, Items | Fields):
        found = [_texts(member, deep - 1) for member in members] if deep and content.complete else [None]
        return None if None in found else {text for one in found if one is not None for text in one}
    return set() if value.known else None
