"""Loops that a worker of Ray Train leaves by data of its own, while the others go on with it.

One process stands for all workers.  `prepare_model` wraps the model in DDP, whose backward pass waits for all of them;
"all workers must call `ray.train.report` the same number of times" (ray/train/v2/api/train_fn_utils.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.run.collectives import may_meet
from dtlint.run.conditions import forks
from dtlint.run.effects import Effect
from dtlint.run.partings import Parting, happens
from dtlint.run.ray_workers import REPORTS
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Reach

_MODEL: Final = "ray.train.torch.prepare_model"
_LEAVES: Final = ("break", "return")


def ray_partings(run: ScriptRun) -> Iterator[Parting]:
    """One for each condition of a worker that was followed to its end."""
    if not run.complete or run.filled_unseen or not any(event.surely for event in run.called(_MODEL)):
        return
    for fork, around, loops in forks(run.trace):
        if fork.value.reach is not Reach.PROCESS or not loops or not all(map(happens, around)):
            continue
        for side in (0, 1):
            gone = [event for event in run.events if (fork, side) in event.branches]
            if fork.ends[side] not in _LEAVES or any(map(may_meet, gone)):
                continue
            stay = (event for event in run.events if loops[-1] in event.loops and event not in gone)
            waits = next((event for event in stay if _waits(event) and all(map(happens, event.branches))), None)
            if waits is not None:
                yield Parting(fork, waits, fork.ends[side])
                break


def _waits(event: Event) -> bool:
    backward = event.row is not None and Effect.BACKWARD in event.row.effects
    return backward or event.name in REPORTS
