"""Answers of an evaluation that accelerate gathers together with the samples that it repeated.

`BatchSamplerShard` of accelerate/data_loader.py goes back to the first samples until all processes have as many
(`even_batches`, on by default); `gather_for_metrics` of accelerate/accelerator.py drops them again, `gather` does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.epochs import Pass, passes
from dtlint.run.script.objects import DictObject, Instance, ListObject, Thing, Unread, as_value, describe, maker
from dtlint.run.script.trace import Event, ScriptRun

_ACCELERATOR: Final = "accelerate.Accelerator"
_GATHER: Final = f"{_ACCELERATOR}.gather"
_PREPARES: Final = (f"{_ACCELERATOR}.prepare", f"{_ACCELERATOR}.prepare_data_loader")
_LOADED: Final = ("evaluate.load", "datasets.load_metric")
_ADDS: Final = ("add_batch", "add", "compute")
_METRICS: Final = ("sklearn.metrics.", "torchmetrics.functional.")
_KEEPS: Final = frozenset(
    (
        "cat", "concat", "concatenate", "stack", "hstack", "cpu", "numpy", "tolist", "detach", "to", "float", "int",
        "long", "bool", "argmax", "sigmoid", "softmax", "array", "asarray", "flatten",
    )
)  # fmt: skip
"""Operations behind which there are as many samples as before."""
_PART: Final = re.compile(r"\[\d+\]$")
"""One of several tensors that were gathered together, and no slice."""
_LONGEST: Final = 12


@record(eq=False)
class Repeated:
    """A metric of which some samples are counted twice."""

    gather: Event
    prepared: Event
    metric: Event
    loader: Event


def repeated_samples(run: ScriptRun) -> Iterator[Repeated]:
    """The first gathering of answers for each metric."""
    counted = [event for event in run.events if event.surely and _counts(event)]
    told: set[object] = set()
    for one in passes(run) if counted else ():
        made = one.loader.made_by
        prepared = _prepared(run, one.loader)
        if made is None or prepared is None or one.trains or not _repeats(made):
            continue
        for gather in _gathers(run, one):
            metric = next((event for event in counted if _holds(event, gather)), None)
            if metric is not None and metric.at not in told:
                told.add(metric.at)
                yield Repeated(gather, prepared, metric, made)


def _gathers(run: ScriptRun, one: Pass) -> Iterator[Event]:
    for event in run.called(_GATHER):
        if event.loops and event.loops[-1] is one.loop and event.surely and not event.contexts:
            yield event


def _prepared(run: ScriptRun, loader: Instance) -> Event | None:
    """The call that surely gave it to an Accelerator with the default settings."""
    for event in run.called(*_PREPARES):
        given = (*event.positional, *event.keywords.values())
        by = event.receiver.made_by if isinstance(event.receiver, Instance) else None
        if by is None or by.open or by.thing("dataloader_config") is not None or "even_batches" in by.keywords:
            continue
        if event.surely and any(thing is loader for thing in given):
            return event
    return None


def _repeats(made: Event) -> bool:
    """Nothing drops the last samples, and no sampler of the script's own deals them out."""
    if made.open or made.thing("sampler") is not None or made.thing("batch_sampler") is not None:
        return False
    dropped = made.thing("drop_last")
    return dropped is None or (as_value(dropped).known and as_value(dropped).constant is False)


def _counts(event: Event) -> bool:
    if event.name.startswith(_METRICS):
        return True
    made = maker(event.receiver)
    return made is not None and made.name in _LOADED and event.method in _ADDS


def _holds(metric: Event, gather: Event) -> bool:
    return any(_from(thing, gather, _LONGEST) for thing in (*metric.positional, *metric.keywords.values()))


def _from(thing: Thing | None, gather: Event, deep: int) -> bool:
    """It has all that was gathered."""
    if deep == 0:
        return False
    match thing:
        case ListObject():
            return any(_from(item, gather, deep - 1) for item in thing.items)
        case DictObject():
            return any(_from(item, gather, deep - 1) for item in thing.entries.values())
        case Unread(made_by=Event() as made) | Instance(made_by=Event() as made):
            whole = made.result is thing
            if made is gather:
                return whole or _PART.search(describe(thing)) is not None
            if made.method not in _KEEPS or not whole:
                return False
            return any(_from(each, gather, deep - 1) for each in (made.receiver, *made.positional[:1]))
        case _:
            return False
