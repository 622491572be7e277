"""What a process says of itself where it joins the others: its rank, how many they are, and where they meet.

Both ways to join take the same: `init_process_group` of torch (`rank`, `world_size`, `init_method`), and
`jax.distributed.initialize` (`process_id`, `num_processes`, `coordinator_address`).
"""

from __future__ import annotations

from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.devices import INITIALISER
from dtlint.run.jax_processes import INITIALISER as JAX
from dtlint.run.script.trace import Event
from dtlint.value import Value, absent, known


@record
class SelfTold:
    """The arguments of the one call with which the process joins; each is absent where it is left to others."""

    kind: str
    """static, or jax."""
    rank: Value
    size: Value
    address: Value
    port: Value


def self_told(process: Process) -> SelfTold | None:
    """None where the process does not surely join, or more than once."""
    if process.run is None:
        return None
    events = [event for name in (INITIALISER, JAX) for event in process.run.called(name)]
    if len(events) != 1 or not events[0].surely or events[0].open:
        return None
    event = events[0]
    if event.name == JAX:
        address, port = _split(event, "coordinator_address", "")
        return SelfTold("jax", event.argument("process_id"), event.argument("num_processes"), address, port)
    address, port = _split(event, "init_method", "tcp://")
    return SelfTold("static", event.argument("rank"), event.argument("world_size"), address, port)


def _split(event: Event, argument: str, scheme: str) -> tuple[Value, Value]:
    given = event.argument(argument)
    if given.string is None or not given.string.startswith(scheme):
        return absent(), absent()
    address, _, port = given.string.removeprefix(scheme).rpartition(":")
    return known(address).after(given.trail), known(port).after(given.trail)
