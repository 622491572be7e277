"""Loaders and samplers that torch refuses to make: options that exclude each other.

Sources: `DataLoader.__init__` of torch/utils/data/dataloader.py, and `DistributedSampler.__init__` of
torch/utils/data/distributed.py; seen with torch 2.13.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.epochs import LOADER
from dtlint.run.handing import SAMPLER
from dtlint.run.script.objects import ClassObject, Instance, Thing
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Value, known

_STREAM: Final = "torch.utils.data.IterableDataset"


@record(eq=False)
class Refused:
    call: Event
    what: str
    """The options that do not go together."""
    error: str
    """What Python raises."""
    because: tuple[Value, ...] = ()
    """Numbers that do not go together."""


def refused(run: ScriptRun) -> Iterator[Refused]:
    """Calls that surely happen and surely fail."""
    for event in run.events:
        if event.name == LOADER and event.surely:
            found = _loader(event)
        elif event.name == SAMPLER and event.surely:
            found = _sampler(event)
        else:
            continue
        if found is not None:
            yield found


def _loader(event: Event) -> Refused | None:
    sampler, batches = event.thing("sampler"), event.thing("batch_sampler")
    shuffles = (event.argument("shuffle") == known(True)).always
    stream = _is_stream(event.thing("dataset"))
    if isinstance(sampler, Instance) and shuffles:
        return Refused(event, "sampler= together with shuffle=True", "ValueError")
    if stream and (shuffles or isinstance(sampler, Instance)):
        return Refused(event, f"an IterableDataset with {'shuffle=True' if shuffles else 'a sampler'}", "ValueError")
    if not isinstance(batches, Instance):
        return None
    if batches.cls == SAMPLER:
        return Refused(event, "a DistributedSampler, which gives single numbers, as batch_sampler=", "TypeError")
    size = event.argument("batch_size")
    for option, given in (
        ("batch_size=", size.integer is not None and size.integer != 1),
        ("shuffle=True", shuffles),
        ("sampler=", isinstance(sampler, Instance)),
        ("drop_last=True", (event.argument("drop_last") == known(True)).always),
    ):
        if given:
            return Refused(event, f"batch_sampler= together with {option}", "ValueError")
    return None


def _sampler(event: Event) -> Refused | None:
    dataset = event.thing("dataset")
    if isinstance(dataset, Instance) and _without_length(dataset):
        return Refused(event, "a DistributedSampler over an IterableDataset, which has no length,", "TypeError")
    rank, replicas = event.argument("rank"), event.argument("num_replicas")
    if rank.integer is not None and replicas.integer is not None and rank.integer >= replicas.integer:
        what = f"rank={rank.integer} among num_replicas={replicas.integer}"
        return Refused(event, what, "ValueError", (replicas, rank))
    return None


def _without_length(dataset: Instance) -> bool:
    cls = dataset.cls
    return isinstance(cls, ClassObject) and dataset.class_names == (_STREAM,) and cls.lookup("__len__") is None


def _is_stream(thing: Thing | None) -> bool:
    return isinstance(thing, Instance) and thing.is_a(_STREAM)
