"""Schedules of learning rates that only some of the processes step which train one model.

Each process has an optimizer and a schedule of its own; DistributedDataParallel looks at neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import comes_about, one_group
from dtlint.run.effects import Effect
from dtlint.run.own_decisions import tells_rates
from dtlint.run.script.objects import Instance, Thing
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.sharing import joins
from dtlint.run.wrapping import FSDP, SHARD

_SCHEDULES: Final = "torch.optim.lr_scheduler."


@record(eq=False)
class SteppedAlone:
    step: Event
    joined: Event
    """The call since which the processes train one model."""
    stepper: Process
    other: Process


def stepped_alone(world: World) -> Iterator[SteppedAlone]:
    """The first step of a schedule by one process, where another one trains and steps none at all."""
    followed = world.finished[:2]
    if len(followed) < 2 or not all(run.complete and one_group(run) for _, run in followed):
        return
    for (stepper, mine), (other, theirs) in (followed, followed[::-1]):
        joined = joins(stepper) or next(mine.called(FSDP, SHARD), None)
        steps = [event for event in mine.events if _is_step(event)]
        if joined is None or not steps or any(map(_is_step, theirs.events)) or tells_rates(mine):
            continue
        trains = all(any(run.effects(Effect.BACKWARD)) for run in (mine, theirs))
        seen = all(not _handed_on(run) for run in (mine, theirs))
        step = next((event for event in steps if event.loops and comes_about(event, mine)), None)
        if trains and seen and step is not None:
            yield SteppedAlone(step, joined, stepper, other)


def _is_step(event: Event) -> bool:
    return event.method == "step" and event.receiver is not None and _is_schedule(event.receiver)


def _handed_on(run: ScriptRun) -> bool:
    """Code that was not read has a schedule, and may step it."""
    made = (event.result for event in run.events if event.name.startswith(_SCHEDULES))
    return any(isinstance(thing, Instance) and (thing.unseen or thing.prepared) for thing in made)


def _is_schedule(thing: Thing) -> bool:
    return isinstance(thing, Instance) and any(name.startswith(_SCHEDULES) for name in thing.class_names)
