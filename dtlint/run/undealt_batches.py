"""Batches of tf.data that `strategy.run` hands to each replica as they are.

A replica gets a component of its own only of `tf.distribute.DistributedValues`, such as the elements of a distributed
data set (`Strategy.run` of tensorflow/python/distribute/distribute_lib.py).  Seen with TensorFlow 2.21: of a plain
tensor both replicas got all rows.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.effects.tensorflow import STRATEGY
from dtlint.run.likeness import alike
from dtlint.run.replica_batches import BATCHES, times_replicas
from dtlint.run.replica_steps import ReplicaStep, replica_steps
from dtlint.run.script.objects import ListObject, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.strategies import chain
from dtlint.value import Value

_TELLS_REPLICAS_APART: Final = "get_replica_context"
_TELLS_WORKERS_APART: Final = frozenset(("shard", "from_generator", "apply"))


@record(eq=False)
class Undealt:
    """A batch of which no replica gets a part."""

    step: ReplicaStep
    batched: Event
    """Where the data set is cut into batches."""
    dataset: Event
    """The last call of its making."""


def undealt(process: Process) -> Undealt | None:
    """The batch of a training step, where several replicas go through it together and none takes a part of its own."""
    run = process.run
    if run is None or any(event.method == _TELLS_REPLICAS_APART for event in run.events):
        return None
    for step in replica_steps(run):
        found = _batch(step)
        if found is not None and (_same_in_workers(process, found) if _of_workers(step) else _several(process, step)):
            return found
    return None


def _batch(step: ReplicaStep) -> Undealt | None:
    args = step.run.given(1, "args")
    for thing in args.items if isinstance(args, ListObject) and args.complete else ():
        dataset = _taken_from(thing)
        calls = list(chain(dataset))
        batched = next((call for call in calls if call.name in BATCHES), None)
        if batched is not None and all(call.surely for call in calls):
            return Undealt(step, batched, calls[0])
    return None


def _taken_from(thing: Thing) -> Thing | None:
    """The data set in whose loop the thing is an element, or a part of one."""
    made = thing.made_by if isinstance(thing, Unread) and not thing.unseen else None
    return made.result if made is not None and made.result is not thing else None


def _of_workers(step: ReplicaStep) -> bool:
    return step.run.name.startswith(STRATEGY)


def _several(process: Process, step: ReplicaStep) -> bool:
    """MirroredStrategy has a replica on each GPU that it is told of, else on each that it sees."""
    made = step.strategy
    devices = made.given(0, "devices") if made is not None else None
    if made is None or made.open:
        return False
    if devices is not None and not (isinstance(devices, Value) and devices.known and devices.constant is None):
        return isinstance(devices, ListObject) and len(devices.items) > 1
    seen = process.visible_gpus.integer
    return seen is None or seen > 1


def _same_in_workers(process: Process, found: Undealt) -> bool:
    """The batch is meant for all replicas together, or the workers go through the same ones."""
    calls = list(chain(found.dataset.result))
    if any(call.method in _TELLS_WORKERS_APART for call in calls):
        return False
    if times_replicas(found.batched.argument("batch_size")):
        return True
    shuffled = any(call.method == "shuffle" for call in calls)
    others = [] if process.world is None else [run for run in process.world.runs if run is not process.run]
    return not shuffled and bool(others) and all(alike(found.dataset.result, _made_there(run, found)) for run in others)


def _made_there(run: ScriptRun, found: Undealt) -> Thing | None:
    return next((event.result for event in run.events if event.place == found.dataset.place), None)
