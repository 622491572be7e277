"""Device meshes of torch: how many dimensions they have, how these are named, and who asks for one by a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.meshes import count
from dtlint.run.script.objects import Instance, ListObject, Thing, Unread, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Value

MADE: Final = "torch.distributed.device_mesh.init_device_mesh"
_MESH: Final = "torch.distributed.device_mesh.DeviceMesh"
_BY_NAME: Final = ("get_group", "get_local_rank", "size")
"""Methods of a mesh whose argument is the name or the number of a dimension."""
_NAMES_MORE: Final = ("_flatten", "_unflatten", "_concatenate", "_rename")
"""Methods by which a mesh comes to have further names."""


@record(eq=False)
class Unnamed:
    """A dimension of a mesh that is asked for by a name which the mesh does not have."""

    event: Event
    name: str
    names: tuple[str, ...]
    """Those that it has; empty where it was given none."""
    made: Event


def dimensions_of(thing: Thing | None) -> int | None:
    """Of a mesh that `init_device_mesh` surely made; None where it is not known."""
    made = _made(thing)
    return count(made.thing("mesh_shape")) if made is not None else None


def _made(thing: Thing | None) -> Event | None:
    made = thing.made_by if isinstance(thing, Instance) and thing.is_a(_MESH) else None
    return made if made is not None and made.name == MADE and not made.open else None


def names_of(made: Event) -> tuple[str, ...] | None:
    """The names that the call gives to the dimensions; None where they are not known."""
    given = made.thing("mesh_dim_names")
    if given is None or (as_value(given).known and as_value(given).constant is None):
        return ()
    if not isinstance(given, ListObject) or not given.complete:
        return None
    names = [as_value(item).string for item in given.items]
    return tuple(name for name in names if name is not None) if None not in names else None


def unnamed(run: ScriptRun) -> Iterator[Unnamed]:
    """`mesh["tp"]` and `mesh.get_group("tp")`, at the first call of each name that gets or asks it."""
    if any(event.method in _NAMES_MORE for event in run.events):
        return
    told: set[tuple[int, str]] = set()
    for event in run.events:
        for mesh, name in _asked(event):
            made = _made(mesh)
            names = names_of(made) if made is not None else None
            if made is None or names is None or name in names or mesh.unseen or (mesh.serial, name) in told:
                continue
            told.add((mesh.serial, name))
            yield Unnamed(event, name, names, made)


def _names_in(key: Value) -> list[str]:
    """The name, or the several names, by which a mesh is cut."""
    length = key.length.integer if key.string is None else None
    given = [key.item(index) for index in range(length)] if length is not None else [key]
    return [one.string for one in given if one.string is not None]


def _asked(event: Event) -> Iterator[tuple[Instance, str]]:
    for thing in (event.receiver, *event.positional, *event.keywords.values()):
        if isinstance(thing, Unread) and isinstance(thing.part_of, Instance) and thing.key is not None:
            for name in _names_in(thing.key):
                yield thing.part_of, name
    if isinstance(event.receiver, Instance) and event.method in _BY_NAME:
        given = event.given(0, "mesh_dim")
        asked = as_value(given).string if given is not None else None
        if asked is not None:
            yield event.receiver, asked
