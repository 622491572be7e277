"""How the processes of a JAX program find each other: `jax.distributed.initialize` in each of them.

What is not given comes from `JAX_COORDINATOR_ADDRESS`, or from Slurm, Open MPI, Kubernetes or a TPU pod
(jax/_src/distributed.py and jax/_src/clusters of 0.10).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.host import is_loopback
from dtlint.run.script.trace import Event
from dtlint.value import Text, Truth, Value, known, truth

INITIALISER: Final = "jax.distributed.initialize"
PRESUMED: Final = "presumed"


@record(eq=False)
class Joined:
    """One process of a JAX program, as it says itself."""

    process: Process
    event: Event

    @property
    def index(self) -> Value:
        return self.event.argument("process_id")

    @property
    def count(self) -> Value:
        return self.event.argument("num_processes")

    @property
    def coordinator(self) -> Value:
        return self.event.argument("coordinator_address")

    @property
    def host(self) -> Value:
        """Where the coordinator is looked for: its address without the port."""
        return _host(self.coordinator)

    @property
    def loopback(self) -> Truth:
        """The coordinator is looked for on the process's own host."""
        return is_loopback(self.host)


def _host(address: Value) -> Value:
    """What stands in front of the port, which need not be known."""
    match address.content:
        case Text(parts=(str(head), Value())) if head.endswith(":"):
            return known(head[:-1]).after(address.trail)
        case Text(parts=(Value() as head, str(rest), *_)) if rest.startswith(":"):
            return head.after(address.trail)
        case _:
            return address.mapped("host", lambda text: str(text).rpartition(":")[0])


def joined(process: Process) -> Joined | None:
    """The one call with which the process surely joins."""
    events = list(process.called(INITIALISER))
    return Joined(process, events[0]) if len(events) == 1 and events[0].surely else None


def started(world: World) -> list[Joined]:
    """All processes of a launch that are looked at, each of which joins; nobody starts it by hand elsewhere."""
    spawned = any(process.spawned_by is not None for process in world.processes)
    if spawned or world.first.tool == PRESUMED or any(one.per_host_copies for one in world.launches):
        return []
    found = [joined(process) for process, _ in world.followed]
    return [one for one in found if one is not None] if None not in found else []


def twins(world: World) -> Iterator[tuple[Joined, Joined]]:
    """Two processes that join one program with the same number."""
    found = started(world)
    for place, mine in enumerate(found):
        for theirs in found[place + 1 :]:
            apart = not mine.process.host.is_(theirs.process.host)
            if mine.index.integer is None or mine.index.integer != theirs.index.integer:
                continue
            if mine.coordinator.same(theirs.coordinator) and (mine.count > known(1)).always and not (
                apart and mine.loopback.always
            ):  # fmt: skip
                yield mine, theirs


def is_text(value: Value) -> Truth:
    """A text where a number is wanted."""
    return truth(bool(value.options) and all(isinstance(option, str) for option in value.options))
