"""Checkpoints of which each worker of Ray Train writes a part into its own folder, and only one hands its folder in.

`_save_checkpoint` and `_save_zero_checkpoint` of deepspeed/runtime/engine.py: each process writes its own share of the
optimizer's state from stage 1 on, and of the weights at stage 3.  Ray merges what several workers report: "Checkpoints
from multiple workers will be merged into one directory" (docs.ray.io, `ray.train.report`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.ray_workers import only_first
from dtlint.run.script.objects import Thing, as_value, maker
from dtlint.run.script.trace import Event, Fork, ScriptRun

_SAVE: Final = "deepspeed.runtime.engine.DeepSpeedEngine.save_checkpoint"
_REPORTED: Final = ("ray.train.Checkpoint.from_directory", "ray.air.Checkpoint.from_directory")
_OWN: Final = ("tempfile.TemporaryDirectory", "tempfile.mkdtemp")


@record(eq=False)
class LostShards:
    save: Event
    reported: Event
    fork: Fork
    """Holds in the first worker alone."""


def lost_shards(run: ScriptRun) -> Iterator[LostShards]:
    """Saves of all workers into folders of their own, of which the first worker's alone becomes a checkpoint."""
    made = list(run.called(*_REPORTED))
    for save in run.called(_SAVE):
        folder = save.thing("save_dir")
        if folder is None or save.open or not save.surely or not _own(folder):
            continue
        mine = [event for event in made if event.positional and _same(event.positional[0], folder)]
        forks = [fork for event in mine for fork in only_first(run, event)]
        if mine and len(mine) == len(made) == len(forks):
            yield LostShards(save, mine[0], forks[0])


def _own(folder: Thing) -> bool:
    """Each worker has another one, by a name that nobody else draws."""
    made = maker(folder)
    return made is not None and made.name in _OWN and not made.positional and not made.keywords


def _same(one: Thing, other: Thing) -> bool:
    return one is other or as_value(one).same(as_value(other))
