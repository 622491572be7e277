"""Samplers that share a data set out among processes, and the loaders that were not handed them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.run.epochs import LOADER, passes
from dtlint.run.script.objects import Instance, Thing
from dtlint.run.script.trace import Event, ScriptRun, repeats

SAMPLER: Final = "torch.utils.data.distributed.DistributedSampler"
_PLAIN: Final = frozenset(f"torch.utils.data.{name}" for name in ("RandomSampler", "SequentialSampler"))
_OWN: Final = frozenset(f"{SAMPLER}.{name}" for name in ("set_epoch", "__len__"))


def bypassed(run: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """Calls that make a `DistributedSampler` which surely nothing ever uses, each with what stands in its place: the
    call that makes another sampler for the loader of the same data set, or the loader itself.

    Asks for a complete run.
    """
    gone_over = {one.loader for one in passes(run)}
    loaders = [event for event in run.called(LOADER) if isinstance(event.result, Instance)]
    for made in run.called(SAMPLER):
        sampler, dataset = made.result, made.thing("dataset")
        if not made.surely or not isinstance(sampler, Instance) or sampler.unseen or _used(run, sampler, made):
            continue
        over = [event for event in loaders if dataset is not None and event.thing("dataset") is dataset]
        if over and all(_whole(event) and event.result in gone_over for event in over):
            yield made, run.made_by(over[-1].thing("sampler")) or over[-1]


def _used(run: ScriptRun, sampler: Instance, made: Event) -> bool:
    """Something takes it, apart from being told the epoch."""
    taken = any(
        sampler in event.objects for event in run.events if event is not made and event.name not in _OWN
    )
    return taken or any(loop.iterable is sampler for loop in repeats(run.trace))


def _whole(made: Event) -> bool:
    """The loader surely goes over the whole data set, in every process, and nothing shares it out later."""
    loader, sampler = made.result, made.thing("sampler")
    if made.open or not made.surely or not isinstance(loader, Instance) or loader.unseen or loader.prepared:
        return False
    return made.thing("batch_sampler") is None and (sampler is None or goes_over_all(sampler))


def goes_over_all(sampler: Thing) -> bool:
    """It gives all samples of its data set, as the sampler does that a loader makes itself."""
    made = sampler.made_by if isinstance(sampler, Instance) and sampler.cls in _PLAIN else None
    told = () if made is None else ("num_samples", "replacement", "generator")
    return made is not None and not made.open and all(made.thing(name) is None for name in told)
