"""How large the axis is over which JAX maps a function on the devices of a process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.script.objects import DictObject, ListObject, Thing, Unread, maker
from dtlint.run.script.trace import Event, ScriptRun

_SHAPED: Final = {
    f"{package}.{name}": place
    for package in ("numpy", "jax.numpy")
    for name, place in (("zeros", 0), ("ones", 0), ("empty", 0), ("full", 0), ("broadcast_to", 1), ("reshape", 1))
} | {"jax.random.split": 1}
"""Calls that make an array, and the position of its shape, or of the size of its first axis."""
_SHAPES: Final = ("shape", "newshape", "num")


@record(eq=False)
class Mapped:
    """A call of a mapped function with an array that has a slice for each device of all processes."""

    call: Event
    array: Event
    count: Event
    """Where the devices are counted."""


def beyond_process(run: ScriptRun) -> Iterator[Mapped]:
    """Sure calls; all arguments are mapped over their first axis, by the default of `jax.pmap`."""
    for call in run.events:
        made = maker(call.receiver)
        if call.method != "__call__" or made is None or made.name != "jax.pmap" or not call.surely or made.open:
            continue
        if any(
            made.thing(name) is not None for name in ("in_axes", "static_broadcasted_argnums", "devices", "backend")
        ):
            continue
        for thing in _leaves(call.positional):
            array = maker(thing)
            count = _count(_first(array)) if array is not None and array.surely and not array.open else None
            if array is not None and count is not None and not call.caught:
                yield Mapped(call, array, count)
                break


def _leaves(things: Iterable[Thing], deep: int = 3) -> Iterator[Thing]:
    """All that is mapped: of lists and dicts, what is in them."""
    for thing in things:
        held = thing.items if isinstance(thing, ListObject) else ()
        if isinstance(thing, DictObject):
            held = tuple(thing.entries.values())
        if deep and held:
            yield from _leaves(held, deep - 1)
        else:
            yield thing


def _first(array: Event) -> Thing | None:
    """The size of the first axis of what the call makes."""
    shape: Thing | None = None
    if array.name in _SHAPED:
        named = next((array.keywords[name] for name in _SHAPES if name in array.keywords), None)
        place = _SHAPED[array.name]
        shape = named or (array.positional[place] if len(array.positional) > place else None)
    elif array.method == "reshape" and array.positional:
        shape = array.positional[0]
    if isinstance(shape, Unread) and shape.operands and isinstance(shape.operands[0], ListObject):
        shape = shape.operands[0]  # `(slices, …) + rows.shape[1:]`
    if isinstance(shape, ListObject):
        return shape.items[0] if shape.items else None
    return shape


def _count(size: Thing | None) -> Event | None:
    """The call that counts the devices of all processes."""
    made = size.made_by if isinstance(size, Unread) and not size.operands else None
    return made if made is not None and made.name == "jax.device_count" and not made.positional else None
