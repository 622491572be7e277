"""JAX programs of several processes none of which joins the others: each takes itself for the only one.

Without `jax.distributed.initialize` a process knows its own devices alone: `process_count()` is 1, and `jax.devices()`
lists the GPUs of its host (docs.jax.dev, "Introduction to multi-controller JAX").
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.facts.script import Attribute
from dtlint.facts.syntax import nodes_of
from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.effects.jax import PMAP
from dtlint.run.jax_processes import INITIALISER, PRESUMED
from dtlint.run.packages import HARMLESS, keeps_to
from dtlint.run.script.objects import as_value, maker
from dtlint.run.script.trace import Event, ScriptRun

_STARTERS: Final = ("srun", "mpirun")
KEEP_TO: Final = (HARMLESS - {"torch", "multiprocessing", "subprocess"}) | {
    "jax", "flax", "optax", "chex", "haiku", "equinox", "orbax", "tensorflow_datasets", "datasets",
}  # fmt: skip
"""Packages that join no processes."""
_SPANS: Final = (
    *("jax.sharding.Mesh", "jax.make_mesh", "jax.pmap", "jax.experimental.mesh_utils.create_device_mesh"),
    *("jax.process_index", "jax.process_count", "jax.make_array_from_process_local_data"),
    *(f"jax.experimental.multihost_utils.{name}" for name in ("sync_global_devices", "process_allgather")),
)
"""Calls of a program that means several devices or processes."""
_GRADIENTS: Final = ("jax.grad", "jax.value_and_grad")
_KEYS: Final = ("jax.random.PRNGKey", "jax.random.key")
_PLACE: Final = re.compile(r"RANK|PROCID|LOCALID|NODEID|NODENAME|TASK|INDEX|HOST")
"""Names of variables that tell processes apart."""
_OWN: Final = re.compile(
    r"socket\.\w+|platform\.node|os\.(?:uname|getpid|urandom)|time\.time(?:_ns)?|uuid\.\w+|random\.\w+"
)
"""Calls that may give each process something of its own to do."""


@record(eq=False)
class Alone:
    """What one of the processes does, as if it were the only one."""

    spans: Event
    trains: Event


def alone(world: World) -> Alone | None:
    """How the processes train, each by itself and all the same; None where one of them may be meant to do something
    else than the others, or where that is not known."""
    processes = [process for process, _ in world.followed]
    spawned = any(process.spawned_by is not None for process in world.processes)
    by_hand = world.first.tool == PRESUMED or any(one.per_host_copies for one in world.launches)
    if world.first.tool not in _STARTERS or world.above is not None or spawned or by_hand or len(processes) < 2:
        return None
    found = [_alone(process) for process in processes]
    return found[0] if None not in found and all(map(processes[0].started_like, processes[1:])) else None


def _alone(process: Process) -> Alone | None:
    run = process.run
    if run is None or not run.complete or run.children or run.subprocesses or run.reads_unknown_names:
        return None
    if not keeps_to(run.events, KEEP_TO) or any(run.called(INITIALISER)):
        return None
    if any(_OWN.fullmatch(event.name) or not _same_key(event) for event in run.events):
        return None
    if any(_PLACE.search(read.name) and not read.value.is_absent for read in run.reads):
        return None
    spans = next((event for event in run.called(*_SPANS) if event.surely), None)
    trains = next((event for event in run.events if event.some_day and _trains(event, run)), None)
    return Alone(spans, trains) if spans is not None and trains is not None else None


def _trains(event: Event, run: ScriptRun) -> bool:
    """It takes a gradient, or runs on each device what may take one."""
    if event.name in _GRADIENTS:
        return True
    mapped = maker(event.receiver)
    if event.method != "__call__" or not event.loops or mapped is None or mapped.name != PMAP:
        return False
    named = (node.name for program in run.programs for node in nodes_of(program.body) if isinstance(node, Attribute))
    return any(f"jax.{name}" in _GRADIENTS for name in named)


def _same_key(event: Event) -> bool:
    """A key of random numbers is made of what all processes have alike."""
    if event.name not in _KEYS:
        return True
    seed = event.given(0, "seed")
    return seed is not None and as_value(seed).known
