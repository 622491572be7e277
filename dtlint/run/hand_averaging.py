"""Scripts that average gradients themselves, parameter by parameter, instead of wrapping their model."""

from __future__ import annotations

from typing import Final

from dtlint.facts.script import Attribute, Call
from dtlint.facts.syntax import nodes_of
from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import one_group
from dtlint.run.effects import Effect
from dtlint.run.horovod import equalises, familiar
from dtlint.run.script.objects import Instance, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.seeding import Seeding
from dtlint.run.wrapping import has_weights

_SEED: Final = "torch.manual_seed"
_AVERAGES: Final = "torch.distributed.all_reduce"


@record(eq=False)
class Apart:
    """A model whose gradients are averaged while each process has weights of its own."""

    averaged: Event
    made: Event
    mine: Seeding
    theirs: Seeding
    first: Process
    second: Process


def apart(world: World) -> Apart | None:
    """The first two processes, if nothing gives the weights of one to the other and they surely draw differently."""
    followed = world.finished[:2]
    if len(followed) < 2 or not all(_alone(run) for _, run in followed):
        return None
    (first, mine), (second, theirs) = followed
    averaged, model = _averaged(mine)
    made = _layer(model) if model is not None else None
    if averaged is None or made is None or not any(event.surely for event in mine.effects(Effect.BACKWARD)):
        return None
    left, right = _seeding(mine, made), _seeding(theirs, made)
    if first.spawned_by is not None and (left.event is None or right.event is None):
        return None  # a forked process draws what its parent draws
    return Apart(averaged, made, left, right, first, second) if left.apart(right) else None


def _alone(run: ScriptRun) -> bool:
    """It wraps no model and nothing makes weights alike, but seeds of torch."""
    if not run.complete or not one_group(run) or not familiar(run.events) or any(run.effects(Effect.WRAPS)):
        return False
    return not any(equalises(event) for event in run.events if event.name != _SEED)


def _averaged(run: ScriptRun) -> tuple[Event | None, Instance | None]:
    """The `all_reduce` of a gradient in a loop over the parameters of a module, and the module."""
    calls = {node.at: node for program in run.programs for node in nodes_of(program.body) if isinstance(node, Call)}
    for event in run.called(_AVERAGES):
        loop = event.loops[-1] if event.loops else None
        over = loop.iterable.made_by if loop is not None and isinstance(loop.iterable, Unread) else None
        call = calls.get(event.at)
        if over is None or over.method != "parameters" or call is None or not call.args or not event.surely:
            continue
        given = call.args[0]
        if isinstance(given, Attribute) and given.name == "data":
            given = given.value
        if isinstance(given, Attribute) and given.name == "grad" and isinstance(over.receiver, Instance):
            return event, over.receiver
    return None, None


def _layer(model: Instance) -> Event | None:
    """The call that made the model, or its first layer: it draws the weights."""
    if model.unseen or not has_weights(model):
        return None
    if model.made_by is not None:
        return model.made_by
    held = (thing.made_by for thing in model.attributes.values() if isinstance(thing, Instance) and has_weights(thing))
    return next((made for made in held if made is not None), None)


def _seeding(run: ScriptRun, end: Event) -> Seeding:
    seeds = [event for event in run.called(_SEED) if event.index < end.index and event.surely]
    return Seeding(seeds[-1], seeds[-1].argument("seed")) if seeds else Seeding(None, None)
