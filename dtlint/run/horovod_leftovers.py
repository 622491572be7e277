"""Gradients of a Horovod optimizer that another loss leaves under way.

Each backward pass through a module starts to average the gradients of its parameters, for whichever loss it is. The
optimizer that has them must wait for that before its gradients are cleared: `zero_grad` of `_DistributedOptimizer` in
horovod/torch/optimizer.py (0.28) raises AssertionError otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.horovod_steps import OPTIMIZER
from dtlint.run.script.objects import Instance, ListObject, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import froze, has_weights, parameters_of

_DEEPEST: Final = 24
_WAITS: Final = frozenset(("step", "synchronize"))
_CUTS: Final = frozenset(("detach", "item", "tolist", "numpy"))


@record(eq=False)
class Leftover:
    """A loss that goes through the module of an optimizer which then does not wait."""

    clears: Event
    backward: Event
    forward: Event


def leftovers(run: ScriptRun) -> Iterator[Leftover]:
    """The first of each optimizer, in a loop that goes round and round."""
    if not run.complete or froze(run) or any(run.called("torch.autograd.grad")):
        return
    for clears in run.events:
        optimizer = clears.receiver
        if clears.method != "zero_grad" or not clears.surely or clears.caught or len(clears.loops) == 0:
            continue
        made = optimizer.made_by if isinstance(optimizer, Instance) and optimizer.cls == OPTIMIZER else None
        module = _module(made) if made is not None and made.surely and not made.open else None
        if module is None or made is None or not made.argument("op").is_absent:
            continue
        found = _left(run, clears, optimizer, module)
        if found is not None:
            yield found
            return


def _module(wrap: Event) -> Instance | None:
    inner = wrap.thing("optimizer")
    module = parameters_of(inner.attributes.get("params")) if isinstance(inner, Instance) else None
    passes = wrap.argument("backward_passes_per_step")
    plain = isinstance(module, Instance) and not module.unseen and has_weights(module) and passes.is_absent
    return module if plain and isinstance(module, Instance) else None


def _left(run: ScriptRun, clears: Event, optimizer: Thing | None, module: Instance) -> Leftover | None:
    """What the round before left, going back from where the gradients are cleared."""
    round_ = [event for event in run.events if event.loops == clears.loops]
    own = [event for event in round_ if event.receiver is optimizer]
    if any(event.method not in (*_WAITS, "zero_grad") or not event.surely for event in own):
        return None
    place = round_.index(clears)
    for event in (*reversed(round_[:place]), *reversed(round_[place + 1 :])):
        if event.receiver is optimizer and event.method in _WAITS:
            return None
        if event.row is not None and Effect.BACKWARD in event.row.effects and event.surely:
            forward = _through(event.receiver, module, _DEEPEST)
            if forward is not None:
                return Leftover(clears, event, forward)
    return None


def _through(thing: Thing | None, module: Instance, deep: int) -> Event | None:
    """The forward pass of the module by which a loss was made."""
    if isinstance(thing, ListObject):
        return next((found for item in thing.items if (found := _through(item, module, deep - 1))), None)
    made = thing.made_by if isinstance(thing, Unread) and deep else None
    if made is None or made.method in _CUTS or any("no_grad" in one.name for one in made.contexts):
        return None
    if made.receiver is module and made.method == "__call__":
        return made
    inputs = (*made.positional, *made.keywords.values(), made.receiver)
    return next((found for one in inputs if (found := _through(one, module, deep - 1))), None)
