"""What a process decides by a number of its own data, while all of them train one model: its learning rate, and which
weights are the best.

DistributedDataParallel averages gradients, and nothing else.  `ReduceLROnPlateau.step` compares the number that it is
given with the best one so far (torch/optim/lr_scheduler.py): given the loss of a share of the data, one process lowers
its rate in an epoch in which another does not, and from there on their weights differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Assign, Attribute, AugAssign, Constant, Expr, Subscript
from dtlint.facts.syntax import nodes_of
from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import one_group
from dtlint.run.conditions import Around, forks
from dtlint.run.effects import Effect
from dtlint.run.epochs import passes
from dtlint.run.improvements import carried_on
from dtlint.run.partings import happens
from dtlint.run.script.flows import facets
from dtlint.run.script.objects import Either, ExternalMethod, Thing, Unread, as_value, describe, maker
from dtlint.run.script.trace import Event, Fork, Repeat, ScriptRun, repeats
from dtlint.run.sharing import joins
from dtlint.run.wrapping import FSDP, SHARD
from dtlint.source import Span
from dtlint.value import Reach, Value

_PLATEAU: Final = "torch.optim.lr_scheduler.ReduceLROnPlateau"
_MADE: Final = tuple(f"transformers.{home}get_reduce_on_plateau_schedule" for home in ("", "optimization."))
_GROUPS: Final = "param_groups"
_TELLS: Final = ("[lr]", "get_last_lr", "get_lr", _GROUPS)
"""What of a learning rate stands in the description of what a collective is given."""


@record(eq=False)
class OwnRate:
    """A learning rate that is lowered, or not, by a number that differs between the processes."""

    at: Event | Fork
    by: str
    """What lowers it."""
    number: Value
    joined: Event
    """The call since which they train one model."""


@record(eq=False)
class OwnBest:
    """Weights that one process saves for the others where a number of its own data is the best so far."""

    fork: Fork
    save: Event
    saver: Process


def own_rates(world: World) -> Iterator[OwnRate]:
    """One for each place, of the first process; the second one comes to it too."""
    if len(world.finished) < 2:
        return
    (first, mine), (_, theirs) = world.finished[:2]
    joined = joins(first) or next(mine.called(FSDP, SHARD), None)
    if joined is None or not _comparable(mine) or tells_rates(mine):
        return
    there = {event.at for event in theirs.events}
    told: set[object] = set()
    for event in mine.events:
        given = _measured(event)
        if given is None or event.at in told or event.at not in there or not all(map(happens, event.branches)):
            continue
        number = _own_number(given)
        if number is not None:
            told.add(event.at)
            yield OwnRate(event, "ReduceLROnPlateau", number, joined)
    yield from _by_hand(mine, theirs, joined)


def own_bests(world: World) -> Iterator[OwnBest]:
    """One for each condition under which only one process saves, by a number that the others have of their own."""
    for saver, run in world.finished[:1]:
        others = [other for _, other in world.finished[1:]]
        if not others or not _comparable(run) or joins(saver) is None:
            return
        for fork, around, _ in forks(run.trace):
            if fork.value.reach is not Reach.PROCESS or not all(map(happens, around)):
                continue
            if not (carried_on(fork) and _of_evaluation(fork, run)):
                continue
            save = next((event for event in run.effects(Effect.SAVES) if (fork, 0) in event.branches), None)
            if save is None or not save.loops or any(save.at == event.at for other in others for event in other.events):
                continue
            yield OwnBest(fork, save, saver)
            return


def _comparable(run: ScriptRun) -> bool:
    return one_group(run) and not run.filled_unseen


def tells_rates(run: ScriptRun) -> bool:
    """The processes tell each other their learning rates, or the whole state of their optimizers, again and again."""
    for event in run.events:
        if event.method == "broadcast_optimizer_state" and event.loops:
            return True
        if event.row is None or Effect.COLLECTIVE not in event.row.effects:
            continue
        given = [*event.positional, *event.keywords.values()]
        made = [thing.made_by for thing in given if isinstance(thing, Unread) and thing.made_by is not None]
        given += [inner for one in made for inner in one.positional]
        if any(word in describe(thing) for thing in given for word in _TELLS):
            return True
    return False


def _measured(event: Event) -> Thing | None:
    """The number by which a step of a plateau's schedule is decided."""
    if event.method != "step" or event.open:
        return None
    if event.name == f"{_PLATEAU}.step":
        return event.given(0, "metrics")
    if event.name.startswith("timm.") and "PlateauLRScheduler" in event.name:
        return event.given(1, "metric")
    made = maker(event.receiver)
    return event.given(0, "metrics") if made is not None and made.name in _MADE else None


def _own_number(thing: Thing) -> Value | None:
    """It, where it surely differs between processes."""
    if isinstance(thing, Either) and isinstance(thing.condition, tuple) and thing.condition[:1] == ("rounds",):
        # What rounds of a loop left, or what stood before the first one.
        found = (_own_number(side) for side in (thing.then, thing.otherwise))
        return next((number for number in found if number is not None), None)
    return as_value(thing) if facets(thing).content is Reach.PROCESS else None


# -- by hand


def _by_hand(mine: ScriptRun, theirs: ScriptRun, joined: Event) -> Iterator[OwnRate]:
    """`if loss > last: for group in optimizer.param_groups: group["lr"] *= 0.5`."""
    rates = list(_rates(mine))
    if not rates:
        return
    for fork, around in _own(mine, theirs):
        groups = [loop.at for loop in repeats((*fork.then, *fork.otherwise)) if _over_groups(loop)]
        lowered = any(_within(at, group) for at, _ in rates for group in groups)
        lowered = lowered or any(direct and _within(at, fork.at) for at, direct in rates)
        if lowered and all(map(happens, around)):
            yield OwnRate(fork, "the script", fork.value, joined)
            return


def _own(mine: ScriptRun, theirs: ScriptRun) -> Iterator[tuple[Fork, Around]]:
    """Conditions on data of their own that both processes ask."""
    there = {fork.at for fork, _, _ in forks(theirs.trace)}
    for fork, around, _ in forks(mine.trace):
        if fork.value.reach is Reach.PROCESS and fork.at in there:
            yield fork, around


def _rates(run: ScriptRun) -> Iterator[tuple[Span, bool]]:
    """Statements that set an entry `["lr"]`, and whether they say themselves that it is one of a parameter group."""
    for program in run.programs:
        for node in nodes_of(program.body):
            match node:
                case Assign(targets=(Subscript(value=owner, index=Constant(value="lr")),)):
                    yield node.at, _is_group(owner)
                case AugAssign(target=Subscript(value=owner, index=Constant(value="lr"))):
                    yield node.at, _is_group(owner)
                case _:
                    pass


def _is_group(owner: Expr) -> bool:
    return isinstance(owner, Subscript) and isinstance(owner.value, Attribute) and owner.value.name == _GROUPS


def _over_groups(loop: Repeat) -> bool:
    return isinstance(loop.iterable, ExternalMethod) and loop.iterable.method == _GROUPS


def _within(inner: Span, outer: Span) -> bool:
    return inner.path == outer.path and outer.start <= inner.start and inner.end <= outer.end


def _of_evaluation(fork: Fork, run: ScriptRun) -> bool:
    """The data are batches that the process goes through without training on them."""
    places = [step.at for step in fork.value.trail]
    over = [one for one in passes(run) if any(one.loop.at.overlaps(place) for place in places)]
    return bool(over) and not any(one.trains for one in over)
