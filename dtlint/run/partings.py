"""Where processes part by data of their own: some come to a collective, and the others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import permutations

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.asked_alike import AskedAlike
from dtlint.run.averaging import averages
from dtlint.run.collectives import may_meet, meets_all, one_group
from dtlint.run.conditions import Around, forks
from dtlint.run.script.objects import Instance
from dtlint.run.script.trace import Event, Fork, Repeat, ScriptRun
from dtlint.run.wrapping import FSDP, gathers_each_time, gathers_shards
from dtlint.value import Reach, origins


@record(eq=False)
class Parting:
    """A condition on a process's own data, and a collective that only those on one side of it come to."""

    fork: Fork
    event: Event
    """The first collective in which those who stay wait for the others."""
    leaves: str
    """How the others leave the round, loop or function: `continue`, `break`, `return`; empty if they go on behind."""


@record(eq=False)
class Leaver:
    """A loop of collectives that one process may leave while another goes on with it."""

    fork: Fork
    loop: Repeat
    event: Event
    leaves: Process
    stays: Process


def partings(world: World) -> Iterator[Parting]:
    """One for each condition, of the first process in which it is met."""
    if len(world.processes) < 2:
        return
    told: set[object] = set()
    answers: set[object] = set()
    runs = [run for _, run in world.finished]
    alike = AskedAlike(runs)
    asked = Counter(at for run in runs for at in {fork.at for fork, _, _ in forks(run.trace)})
    for run in runs:
        if not one_group(run) or run.filled_unseen:
            continue
        for fork, around, loops in forks(run.trace):
            # What one process alone asks is a matter of its rank.
            if fork.value.reach is not Reach.PROCESS or fork.at in told or asked[fork.at] < 2:
                continue
            if not all(happens(branch) or alike.settles(branch[0]) for branch in around):
                continue
            if answers and not answers.isdisjoint(origins(fork.value.symbols())):
                # A flag that such a condition sets, by which the outer loop is left too: one mistake.
                told.add(fork.at)
                continue
            found = parting(run, fork, (*around, *_entered(run, loops, alike)), loops)
            if found is not None:
                told.add(fork.at)
                answers.update(symbol.key for symbol in fork.value.symbols())
                yield found


def parting(run: ScriptRun, fork: Fork, around: Around, loops: tuple[Repeat, ...]) -> Parting | None:
    """The collective to which one side of the condition comes while the other surely comes to none."""
    if {"raise", "exit"} & set(fork.ends):
        return None
    missed = run.events[fork.missed.start : fork.missed.stop]
    for side in (0, 1):
        leaves = fork.ends[side]
        gone = [event for event in run.events if (fork, side) in event.branches]
        stay = [event for event in run.events if (fork, 1 - side) in event.branches]
        if side == 0:
            stay += [event for event in missed if event.loops == loops]
        else:
            gone += missed
        if loops and (leaves == "break" or (leaves == "return" and _stands_in(fork, loops[-1]))):
            stay += [event for event in run.events if loops[-1] in event.loops and event not in gone]
        if any(may_meet(event) or binds(run, event) for event in gone):
            continue
        within = (*around, (fork, 1 - side))
        event = next((event for event in stay if binds(run, event) and _surely(event, within)), None)
        if event is not None:
            return Parting(fork, event, leaves)
    return None


def _entered(run: ScriptRun, loops: tuple[Repeat, ...], alike: AskedAlike) -> Around:
    """What settings must say for the script to come to the innermost loop at all, as `if args.evaluate: return` does.

    Whatever they say, somebody starts it so some day: what the loop then does wrong does not hang on them.
    """
    inside = [event.branches for event in run.events if loops and loops[-1] in event.loops]
    first = inside[0] if inside else ()
    return tuple(
        branch for branch in first if alike.settles(branch[0]) and all(branch in one for one in inside)
    )


def _stands_in(fork: Fork, loop: Repeat) -> bool:
    """Both are written in one function, which a `return` leaves with all its loops."""
    return fork.at.path == loop.at.path and loop.at.start <= fork.at.start < loop.at.end


def leavers(world: World) -> Iterator[Leaver]:
    """Loops that one process may leave by a condition which another never asks."""
    told: set[object] = set()
    for (leaving, left), (staying, stayed) in permutations(world.finished, 2):
        if not one_group(left) or not one_group(stayed):
            continue
        for fork, loop in _exits(left):
            event = _goes_on(stayed, fork, loop) if fork.at not in told else None
            if event is not None:
                told.add(fork.at)
                yield Leaver(fork, loop, event, leaving, staying)


def _exits(run: ScriptRun) -> Iterator[tuple[Fork, Repeat]]:
    """Conditions by which it may leave a loop in which it meets the others."""
    for fork, around, loops in forks(run.trace):
        coming = all(happens(branch) or branch[0].changes for branch in around)
        if "break" in fork.ends and loops and coming and fork.changes:
            loop = loops[-1]
            if any(binds(run, event) and _surely(event, around) for event in run.events if loop in event.loops):
                yield fork, loop


def _goes_on(run: ScriptRun, fork: Fork, loop: Repeat) -> Event | None:
    """The collective in the same loop, which this process cannot leave early."""
    for one, _, loops in forks(run.trace):
        if one.at == fork.at or (loops and loops[-1].at == loop.at and set(one.ends) - {"", "continue"}):
            return None
    inside = (event for event in run.events if any(one.at == loop.at for one in event.loops))
    return next((event for event in inside if binds(run, event) and _surely(event, ())), None)


def binds(run: ScriptRun, event: Event) -> bool:
    """Whoever calls it waits for all processes, each of which must call it too.

    A forward pass of FSDP gathers the parameters of its layers, also where no gradients are wanted.
    """
    if meets_all(event):
        return True
    if event.name == FSDP + ".__call__":
        made = event.receiver.made_by if isinstance(event.receiver, Instance) else None
        return made is not None and gathers_each_time(made, run)
    return gathers_shards(event, run) or averages(event, run)


def happens(branch: tuple[Fork, int]) -> bool:
    """Some process comes to this side of the condition some day."""
    fork, side = branch
    return fork.reaches(side) or fork.value.reach is Reach.PROCESS


def _surely(event: Event, given: Around) -> bool:
    """It is called in some round, once `given` holds."""
    return not event.open and all(branch in given or happens(branch) for branch in event.branches)
