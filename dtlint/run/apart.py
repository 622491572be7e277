"""Training in which no process ever learns of what the others have learned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.facts.syntax import nodes_of
from dtlint.run.effects import Effect
from dtlint.run.packages import HARMLESS, keeps_to
from dtlint.run.script.objects import Instance, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import parameters_of

_COUPLES: Final = re.compile(
    r"prepare_model|prepare_optimizer|reduce|average|broadcast|gather|Parallel|Distributed(?!Sampler)|fully_shard|hook|rpc"
)
"""Calls by which gradients or weights of several processes may come together."""
_EFFECTS: Final = (Effect.WRAPS, Effect.PREPARES, Effect.POINT_TO_POINT, Effect.TRAINS)
_WAITS: Final = frozenset(("barrier", "monitored_barrier"))
"""Collectives that exchange nothing."""
_SHARED_OUT: Final = re.compile(r"prepare_data_loader|get_dataset_shard|DistributedSampler$")
_RANKS: Final = re.compile(r"get_\w*rank\w*|world_rank|local_rank")
_WEIGHTS: Final = re.compile(r"param|state_dict|buffers|modules|children|values|items|flatten|cat$|stack$|view|zip")
"""Calls that give weights, or put many of them together."""
_SAME: Final = frozenset(("clone", "cpu", "cuda", "detach", "double", "float", "mean", "sum", "to"))
_DEEPEST: Final = 8
_MODULES: Final = re.compile(r"torch\.nn\.|torchvision\.models\.")


def trained_apart(run: ScriptRun, *packages: str) -> Iterator[tuple[Event, Event]]:
    """Where a torch module, or its optimizer, is made that the process surely trains by itself, and the step.

    Nothing that it calls could bring the gradients of the processes together; `packages` are further ones that do not.
    """
    if not run.complete or not keeps_to(run.events, HARMLESS.union(packages)):
        return
    backward = next((event for event in run.effects(Effect.BACKWARD) if event.surely), None)
    if backward is None or any(_may_couple(event, backward) for event in run.events):
        return
    if any(run.effects(Effect.COLLECTIVE)) and _touches_weights(run):
        return
    for step in run.events:
        owner = step.receiver
        if step.method != "step" or not step.surely or not isinstance(owner, Instance) or owner.unseen:
            continue
        plain = isinstance(owner.cls, str) and owner.cls.rpartition(".")[0] == "torch.optim"
        module = _own(parameters_of(owner.attributes.get("params"))) if plain else None
        if module is not None:
            yield module.made_by or owner.made_by or step, step
            return


def _own(module: Thing | None) -> Instance | None:
    """The module if it is one of torch, of torchvision or of the workspace that no other code had in its hands."""
    for _ in range(_DEEPEST):
        if isinstance(module, Instance):
            return module if not module.unseen and any(map(_MODULES.match, module.class_names)) else None
        made = module.made_by if isinstance(module, Unread) and not module.unseen else None
        if made is None:
            return None
        if made.method not in _SAME:
            return None
        module = made.receiver
    return None


def _may_couple(event: Event, backward: Event) -> bool:
    """Gradients or weights may come together in this call."""
    effects = event.row.effects if event.row is not None else frozenset[Effect]()
    if effects.intersection(_EFFECTS):
        return True
    if Effect.COLLECTIVE in effects:
        return event.method not in _WAITS and not _of_number(event, backward)
    return _COUPLES.search(event.name) is not None


def _of_number(event: Event, backward: Event) -> bool:
    """A collective of a loss, a count or the like: no weights are handed to it, and it stands in no loop but those of
    the training, such as one over weights."""
    makers = [thing.made_by for thing in event.objects if isinstance(thing, Unread | Instance)]
    whole = not any(made is not None and _WEIGHTS.search(made.method) for made in makers)
    return whole and event.loops == backward.loops[: len(event.loops)]


def _touches_weights(run: ScriptRun) -> bool:
    """Some of its code has gradients, or the optimizer's parameters, in its hands."""
    written = (node for program in run.programs for node in nodes_of(program.body))
    return any(getattr(node, "name", "") in ("grad", "param_groups") for node in written)


def shared_out(run: ScriptRun) -> Event | None:
    """The call that surely gives the process its part of the data."""
    return next((event for event in run.events if _SHARED_OUT.search(event.name) and event.surely), None)


def told_apart(run: ScriptRun) -> bool:
    """The process asks for its number: what it trains may be another thing than what the others do."""
    return any(_RANKS.fullmatch(event.method) for event in run.events) or any("RANK" in read.name for read in run.reads)
