"""Shards of one process that are saved as if they were the weights.

`state_dict()` of a module that `fully_shard` or `parallelize_module` cut up gives the DTensors as they are, "without
any computation or communication" (pytorch/pytorch#136336): each with this process's shard.  What one process writes
holds no others.  Seen with torch 2.13 and gloo: read by all, the file gave each the shard of the one that wrote it.
So does the `state_dict()` of an optimizer that was made of such parameters, or of those of FSDP 1, whose
`state_dict_type` is of no concern to it: "FSDP.optim_state_dict" gathers its shards (docs.pytorch.org, fsdp.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.restoring import saved
from dtlint.run.script.objects import Instance, Thing
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.tensor_shards import PARALLELIZE
from dtlint.run.whole_weights import cut_before
from dtlint.run.wrapping import FSDP, SHARD, drawn_from, sharded

_WITH_MOMENTS: Final = frozenset(
    f"torch.optim.{name}"
    for name in ("Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop")
)
"""Optimizers that keep a tensor, or several, for each parameter."""


@record(eq=False)
class LoneShards:
    save: Event
    cut: Event
    """The call since which the process holds shards."""
    saver: Process
    other: Process


def lone_shards(world: World) -> Iterator[LoneShards]:
    """Saves of one process, where another that was followed to its end saves nothing."""
    followed = [(process, run) for process, run in world.finished if run.complete]
    if len(followed) < 2:
        return
    (saver, mine), (other, theirs) = followed[:2]
    there = {event.at for event, _ in saved(theirs)}
    for save, states in saved(mine):
        if save.at in there or save.open:
            continue
        for state in states:
            cut = cut_before(mine, state) if not state.contexts and not state.open else None
            if cut is None and not any(theirs.effects(Effect.SAVES, Effect.WRITES)):
                cut = _moments_cut(mine, state)
            if cut is not None:
                yield LoneShards(save, cut, saver, other)
                break


def _moments_cut(run: ScriptRun, state: Event) -> Event | None:
    """The call that cut the parameters up of which the optimizer, whose state this is, was made."""
    owner = state.receiver
    made = owner.made_by if isinstance(owner, Instance) and not owner.unseen and _has_moments(owner) else None
    if made is None or made.open or not made.surely or not isinstance(owner, Instance):
        return None
    module: Thing | None = drawn_from(owner.attributes.get("params"))
    wrap = module.made_by if isinstance(module, Instance) else None
    if wrap is not None and wrap.name == FSDP:
        return wrap if sharded(wrap) and wrap.surely else None
    cuts = (cut for cut in run.called(SHARD, PARALLELIZE) if cut.index < made.index and cut.surely and not cut.open)
    return next((cut for cut in cuts if module is not None and cut.thing("module") is module), None)


def _has_moments(owner: Instance) -> bool:
    if owner.cls in _WITH_MOMENTS:
        return True
    made = owner.made_by
    return owner.cls == "torch.optim.SGD" and made is not None and (made.argument("momentum") > 0).always
