"""What a worker of Ray Train does: one process stands for all of them, and knows its rank only when it asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.run.conditions import forks
from dtlint.run.epochs import passes
from dtlint.run.script.objects import Instance, Thing, Unread
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.value import Symbol, Term

REPORTS: Final = ("ray.train.report", "ray.air.session.report")
_RANK: Final = "get_world_rank"
_SHARES: Final = frozenset(
    (_RANK, "get_world_size", "get_dataset_shard", "get_local_rank", "get_rank", "world_rank", "world_size")
)
"""Calls with which a worker may take a part of the data for itself."""
_INDEXED: Final = ("torchvision.datasets.",)
_MAP_STYLE: Final = ("torch.utils.data.TensorDataset", "torch.utils.data.Subset", "torch.utils.data.ConcatDataset")


def reported_alone(run: ScriptRun) -> Iterator[tuple[Event, Fork]]:
    """Reports that only the worker of rank 0 makes, in a function in which the others make none: "all workers must call
    `ray.train.report` the same number of times" (ray/train/v2/api/train_fn_utils.py)."""
    reports = [event for event in run.events if event.name in REPORTS]
    asked = _ranks(run)
    for fork, _, _ in forks(run.trace):
        side = _first_worker(fork, asked)
        within = [event for event in reports if (fork, side) in event.branches]
        if side is not None and within and len(within) == len(reports):
            yield within[0], fork


def only_first(run: ScriptRun, event: Event) -> Iterator[Fork]:
    """The condition by which the first worker alone comes to the call, if there is one."""
    asked = _ranks(run)
    return (fork for fork, side in event.branches[-1:] if _first_worker(fork, asked) == side)


def _ranks(run: ScriptRun) -> set[tuple[str, int]]:
    ranks = [event.result for event in run.events if event.method == _RANK]
    return {("unread", rank.serial) for rank in ranks if isinstance(rank, Unread)}


def _first_worker(fork: Fork, asked: set[tuple[str, int]]) -> int | None:
    """The side of a comparison of the rank with 0 on which the first worker goes on; None for other conditions."""
    key: object = next((symbol.key for symbol in fork.value.symbols()), None)
    side = 0
    if isinstance(key, tuple) and len(key) == 2 and key[0] == "not":
        key, side = key[1], 1
    match key:
        case ("==", Term(parts=(((Symbol(key=rank),), 1),)), ("int", 0)) if rank in asked:
            return side
        case _:
            return None


def unprepared(run: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """Loaders over all samples on which a prepared model is trained, though nothing gives this worker a part, and where
    the model is prepared."""
    model = next((event for event in run.called("ray.train.torch.prepare_model") if event.surely), None)
    if model is None or not run.complete or any(event.method in _SHARES for event in run.events):
        return
    given = [event.thing("data_loader") for event in run.called("ray.train.torch.prepare_data_loader")]
    for one in passes(run):
        made = one.loader.made_by
        if not one.trains or made is None or one.loader.unseen or any(thing is one.loader for thing in given):
            continue
        dealt = made.open or any(made.thing(name) is not None for name in ("sampler", "batch_sampler", "generator"))
        if not dealt and made.surely and _indexed(made.thing("dataset")):
            yield made, model


def _indexed(dataset: Thing | None) -> bool:
    """A data set that holds all samples, by number."""
    if isinstance(dataset, Unread):
        return dataset.made_by is not None and dataset.made_by.name.startswith(_INDEXED)
    if not isinstance(dataset, Instance) or dataset.unseen:
        return False
    if isinstance(dataset.cls, str):
        return dataset.cls in _MAP_STYLE or dataset.cls.startswith(_INDEXED)
    return dataset.cls.lookup("__getitem__") is not None and dataset.is_a("torch.utils.data.Dataset")
