"""Layers whose training is switched off behind the back of DistributedDataParallel.

DDP notes when it is made which parameters need gradients, and each backward pass waits for all of them.  A part that is
frozen later never reports: the second forward pass raises `Expected to have finished reduction in the prior iteration`
(torch/csrc/distributed/c10d/reducer.cpp; seen with torch 2.13).
"""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.facts.script import Assign, Attribute
from dtlint.run.effects import Effect
from dtlint.run.layers import nodes_of, parts_of
from dtlint.run.script.objects import Instance, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import DDP, has_weights


def frozen_late(run: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """The wrap, and the only call of `requires_grad_` of the script, which freezes a part of what was wrapped."""
    asked = [event for event in run.events if event.method == "requires_grad_"]
    if len(asked) != 1 or not _freezes(asked[0]) or _assigned(run):
        return
    freeze = asked[0]
    for wrap in run.called(DDP):
        module = wrap.thing("module")
        if wrap.index > freeze.index or wrap.open or not wrap.surely or not isinstance(module, Instance):
            continue
        told = [wrap.argument(name) for name in ("find_unused_parameters", "static_graph")]
        if not all(value.is_absent or value.constant is False for value in told):
            continue
        inside = any(part is freeze.receiver for part in parts_of(module))
        if inside and freeze.receiver is not module and _trains_on(run, wrap, freeze):
            yield wrap, freeze


def _freezes(event: Event) -> bool:
    given = event.given(0, "requires_grad")
    off = given is not None and as_value(given).constant is False
    weights = isinstance(event.receiver, Instance) and has_weights(event.receiver)
    return off and weights and event.surely and not event.loops and not event.open


def _assigned(run: ScriptRun) -> bool:
    """Somewhere `requires_grad` is set by hand: what needed gradients before is not known."""
    targets = (
        target
        for program in run.programs
        for node in nodes_of(program.body)
        if isinstance(node, Assign)
        for target in node.targets
    )
    return any(isinstance(target, Attribute) and target.name == "requires_grad" for target in targets)


def _trains_on(run: ScriptRun, wrap: Event, freeze: Event) -> bool:
    """Passes forward and backward through the wrapper follow, in a loop or several times."""
    forward = [one for one in run.called(DDP + ".__call__") if one.receiver is wrap.result and one.index > freeze.index]
    forward = [one for one in forward if one.surely and not one.contexts]
    backward = [one for one in run.effects(Effect.BACKWARD) if one.index > freeze.index and one.surely]
    if not forward or not backward or forward[0].loops != backward[0].loops or backward[0].contexts:
        return False
    return bool(forward[0].loops) or len(forward) > 1
