"""Collectives for each key of a dict that a process fills by its own data: as many calls as it has keys.

`log_dict` of lightning/pytorch/core/module.py logs, and with `sync_dist` reduces, entry by entry; so do `gather` and
`reduce` of accelerate/utils/operations.py with a dict (`recursively_apply`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import meets_all, one_group
from dtlint.run.lightning import several, trainer_of
from dtlint.run.partings import happens
from dtlint.run.script.objects import DictObject, ListObject, Thing, maker
from dtlint.run.script.trace import Event, Repeat, ScriptRun

_LOG_DICT: Final = "lightning.pytorch.LightningModule.log_dict"
_ACCELERATOR: Final = "accelerate.Accelerator"
_ENTRY_BY_ENTRY: Final = tuple(f"{_ACCELERATOR}.{name}" for name in ("gather", "reduce", "gather_for_metrics"))


@record(eq=False)
class ForEachKey:
    event: Event
    loop: Repeat | None
    """What goes over the keys, if the call itself does not."""


def for_each_key(world: World) -> Iterator[ForEachKey]:
    """The first of each place, in the first process."""
    if len(world.finished) < 2:
        return
    run = world.finished[0][1]
    if not run.complete or not one_group(run) or run.filled_unseen:
        return
    told: set[object] = set()
    for event in run.events:
        loop = next((loop for loop in event.loops if _varies(loop.iterable)), None)
        if event.at in told or event.open or not all(map(happens, event.branches)):
            continue
        if _whole(event, run) or (loop is not None and meets_all(event)):
            told.add(event.at)
            yield ForEachKey(event, loop)


def _whole(event: Event, run: ScriptRun) -> bool:
    """It is given a dict whose keys differ, and meets the others for each of its entries."""
    if event.name in _ENTRY_BY_ENTRY:
        return _varies(event.positional[0] if event.positional else None)
    if event.name != _LOG_DICT:
        return False
    synced, alone = event.argument("sync_dist"), event.argument("rank_zero_only")
    usual = event.argument("sync_dist_group").is_absent
    usual = usual and (alone.is_absent or (alone.known and alone.constant is False))
    waits = usual and synced.known and synced.constant is True and several(trainer_of(event.receiver))
    return waits and _varies(event.thing("dictionary"))


def _varies(thing: Thing | None) -> bool:
    """Its keys, or items, surely differ between processes some day; also behind a progress bar."""
    made = maker(thing)
    if made is not None and made.method == "tqdm" and made.positional:
        thing = made.positional[0]
    return isinstance(thing, DictObject | ListObject) and thing.varies and not thing.unseen
