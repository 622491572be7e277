"""What the workers of Ray Train are given of Ray's data sets, and what they take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.run.script.objects import DictObject, ExternalMethod, Thing, maker
from dtlint.run.script.trace import Event
from dtlint.value import Value

SHARD: Final = ("ray.train.get_dataset_shard", "ray.air.session.get_dataset_shard")
_READS: Final = re.compile(r"ray\.data\.(?:read_\w+|from_\w+|range\w*)")
_ROWS: Final = frozenset(("iter_batches", "iter_rows", "iter_torch_batches", "iter_tf_batches", "to_tf", "to_torch"))
_PARTS: Final = frozenset(("split", "streaming_split", "split_at_indices", "split_proportionately", "get_world_rank",
                           "get_rank", "get_local_rank", "world_rank", "filter"))  # fmt: skip
"""Calls with which a worker may take a part for itself."""
_DEEPEST: Final = 12


def trainer_of(process: Process) -> Event | None:
    """The trainer that starts the worker."""
    parent = process.spawned_by.run if process.spawned_by is not None else None
    launch = process.launch
    if parent is None or launch is None or launch.tool != "ray":
        return None
    return next((child.event for child in parent.children if child.at == launch.exec.at), None)


def given(trainer: Event) -> dict[str, Thing] | None:
    """The data sets that the trainer shares out, by name; None where they are not known."""
    datasets = trainer.keywords.get("datasets")
    if datasets is None:
        return None if trainer.open else {}
    if not isinstance(datasets, DictObject) or not datasets.complete:
        return None
    return {str(name): thing for name, thing in datasets.entries.items()}


def asked(process: Process) -> Iterator[tuple[Event, Value]]:
    """Calls that ask for the worker's part of a data set, with its name."""
    for event in process.called(*SHARD):
        name = event.given(0, "dataset_name")
        if isinstance(name, Value) and name.string is not None and event.surely and not event.caught:
            yield event, name


def whole(process: Process) -> tuple[Event, Event] | None:
    """Where the worker goes over all rows of a data set of Ray, and where that is read; None where it may take a part
    of it."""
    run = process.run
    if run is None or not run.complete or any(event.method in _PARTS for event in run.events):
        return None
    if any("RANK" in read.name for read in run.reads):
        return None
    for event in run.events:
        if event.method in _ROWS and event.surely:
            source = _source(event.receiver)
            if source is not None and source.surely and not source.open:
                return event, source
    return None


def _source(thing: Thing | None) -> Event | None:
    """The call of `ray.data` that reads what this was made of, by methods alone."""
    for _ in range(_DEEPEST):
        if isinstance(thing, ExternalMethod):
            thing = thing.receiver
        made = maker(thing)
        if made is None:
            return None
        if _READS.fullmatch(made.name):
            return made
        thing = made.receiver
    return None
