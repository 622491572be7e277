"""Arrays of JAX that lie on the devices of several processes and are fetched as a whole by one.

`numpy.asarray` and `jax.device_get` need every shard: "Fetching value for `jax.Array` that spans non-addressable (non
process local) devices is not possible" (`ArrayImpl._value` of jax/_src/array.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.jax_devices import over_all_devices
from dtlint.run.jax_processes import started
from dtlint.run.script.objects import Thing, maker
from dtlint.run.script.trace import Event

_FETCHES: Final = ("numpy.asarray", "numpy.array", "jax.device_get", "numpy.save")
_SHARDINGS: Final = {
    "jax.device_put": (1, "device"),
    "jax.make_array_from_process_local_data": (0, "sharding"),
    "jax.make_array_from_callback": (1, "sharding"),
}
"""Calls that make an array, and where they are given its sharding."""


@record(eq=False)
class Fetched:
    """A call that needs what other processes hold."""

    fetch: Event
    array: Event


def fetched(world: World) -> Iterator[Fetched]:
    """Calls of one process, where surely several have joined."""
    joined = started(world)
    run = joined[0].process.run if len(joined) > 1 else None
    for event in run.called(*_FETCHES) if run is not None else ():
        made = _spread(event.given(1, "arr") if event.method == "save" else event.given(0, "object"))
        if made is not None and not event.caught and event.some_day:
            yield Fetched(event, made)


def _spread(thing: Thing | None) -> Event | None:
    """The call that made an array with other rows on each device of the program."""
    made = maker(thing)
    if made is None or made.open or made.name not in _SHARDINGS:
        return None
    return made if made.result is thing and over_all_devices(made.given(*_SHARDINGS[made.name])) else None
