"""Schedules of torch.distributed.pipelining: into how many micro batches they cut, and what they are given to cut."""

from __future__ import annotations

from typing import Final

from dtlint.run.script.objects import Instance, Thing, Unread, as_value
from dtlint.run.script.trace import Event
from dtlint.value import Value, absent, unknown

HOME: Final = "torch.distributed.pipelining."
_STAGE: Final = HOME + "PipelineStage"
_LOADER: Final = "torch.utils.data.DataLoader"
_SHAPED: Final = frozenset(f"torch.{name}" for name in ("empty", "ones", "rand", "randn", "zeros"))
_CUT_OTHERWISE: Final = ("args_chunk_spec", "kwargs_chunk_spec")


def parts(schedule: Event) -> Value:
    """`n_microbatches` of the call that makes a schedule."""
    return _number(schedule, 1, "n_microbatches")


def stages(schedule: Event) -> Value:
    """In how many stages the model stands; unknown where a builder of torch cut it up."""
    given = schedule.given(0, "stage")
    made = given.made_by if isinstance(given, Instance) else None
    if made is None or made.name != _STAGE:
        return unknown("the number of stages", key=("stages", schedule.at), low=1, whole=True)
    return _number(made, 2, "num_stages")


def _number(event: Event, position: int, name: str) -> Value:
    given = event.given(position, name)
    if given is None or event.open:
        return unknown(name, key=(name, event.at), low=0, whole=True)
    return as_value(given).as_int()


def cuts_rows(schedule: Event) -> bool:
    """It cuts what it is given along the first dimension."""
    return not schedule.open and not any(name in schedule.keywords for name in _CUT_OTHERWISE)


def rows(thing: Thing) -> Value:
    """The length of the first dimension: of a batch of a loader, or of a tensor that the script makes."""
    made = thing.made_by if isinstance(thing, Unread) and not thing.unseen else None
    if made is None or made.open or not isinstance(thing, Unread):
        return absent()
    if made.name == _LOADER:
        told = made.argument("batch_size")
        alone = made.thing("batch_sampler") is None and made.thing("collate_fn") is None
        return told.as_int() if alone and not told.is_absent else absent()
    plain = made.name in _SHAPED and made.positional and "size" not in made.keywords and thing.part_of is None
    return as_value(made.positional[0]).as_int() if plain else absent()
