"""Layers that come into a module after DistributedDataParallel was put around it.

DDP hooks the parameters that are there when it is made.  What comes later is not among them: its gradients stay with
each process, and for a layer that it took the place of, DDP waits in vain (torch/csrc/distributed/c10d/reducer.cpp,
"Expected to have finished reduction in the prior iteration"; both seen with torch 2.13).
"""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.partings import happens
from dtlint.run.script.objects import Instance, ListObject, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import DDP, DEEPEST, froze, has_weights, over_weights


@record(eq=False)
class Late:
    """A layer with weights that is trained in a module whose wrapper does not know it."""

    made: Event
    wrap: Event
    name: str
    """The attribute that holds it."""


def late_layers(run: ScriptRun) -> Iterator[Late]:
    """The first layer of each wrapped module, where nothing else averages gradients."""
    if any(over_weights(event) for event in run.events):
        return
    wraps = list(run.called(DDP))
    for wrap in wraps:
        module = wrap.thing("module")
        if module is None or wrap.open or not wrap.surely:
            continue
        for name, made in _held(module, DEEPEST):
            if made.index <= wrap.index or any(other.index > made.index for other in wraps):
                continue
            if all(map(happens, made.branches)) and _trains(run, wrap, made) and not froze(run, made.index):
                yield Late(made, wrap, name)
                break


def _held(module: Thing, deep: int) -> Iterator[tuple[str, Event]]:
    """The layers with weights that stand in the module's attributes, and where each was made."""
    if deep == 0 or not isinstance(module, Instance | Unread):
        return
    for name, thing in module.attributes.items():
        for held in thing.items if isinstance(thing, ListObject) else (thing,):
            if isinstance(held, Instance) and held.made_by is not None and has_weights(held):
                yield name, held.made_by
            yield from _held(held, deep - 1)


def _trains(run: ScriptRun, wrap: Event, made: Event) -> bool:
    forward = [one for one in run.called(DDP + ".__call__") if one.receiver is wrap.result]
    if not any(one.index > made.index or one.loops for one in forward):
        return False
    return any(one.index > made.index and one.surely for one in run.effects(Effect.BACKWARD))
