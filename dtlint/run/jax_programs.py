"""Programs of JAX whose processes are started one by one: by several commands, services or pods of one run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.run.jax_processes import Joined, joined
from dtlint.run.unfollowed import all_seen

_LEADER: Final = 0
"""Its host has the coordinator."""


def programs(run: Run) -> Iterator[list[Joined]]:
    """Processes that say the same coordinator and number of processes, and each another index; at least two of them.

    Who starts one script by hand on each host may edit it there: of that nothing is known.
    """
    if run.unlaunched or run.notebook:
        return
    left = [one for process in run.processes if not _by_hand(process) and (one := joined(process)) is not None]
    left = [one for one in left if one.index.integer is not None and one.count.integer is not None]
    while left:
        first = left[0]
        same = [one for one in left if one.coordinator.same(first.coordinator) and one.count.same(first.count)]
        left = [one for one in left if one not in same]
        indexes = {one.index.integer for one in same}
        if len(indexes) == len(same) > 1 and not first.coordinator.is_absent and not _exclude(same):
            yield same


def _by_hand(process: Process) -> bool:
    """Somebody edits its command on each host, or another process starts it; or a launcher starts several alike."""
    launch = process.launch
    copied = launch is not None and any(above.per_host_copies for above in launch.chain())
    alone = launch is None or launch.total.integer == 1
    return bool(process.presumed) or copied or process.spawned_by is not None or not alone


def _exclude(members: list[Joined]) -> bool:
    """Not all of them run in one and the same start."""
    pairs = itertools.combinations(members, 2)
    return any(mine.process.exec.excludes(theirs.process.exec) for mine, theirs in pairs)


def leader(program: list[Joined]) -> Joined | None:
    """The process whose host has the coordinator, where the run starts it."""
    return next((one for one in program if one.index.integer == _LEADER), None)


def lost(program: list[Joined]) -> Joined | None:
    """A process that looks for the coordinator on its own host, while the one that has it is started elsewhere."""
    first = leader(program)
    if first is None:
        return None
    apart = (one for one in program if not one.process.host.is_(first.process.host))
    return next((one for one in apart if one.loopback.always), None)


def missing(run: Run, program: list[Joined]) -> int | None:
    """The first process that is waited for and that nothing starts, where the run starts the one with the coordinator.

    The coordinator's address is one of its host: what knows another name may be started from elsewhere.
    """
    first, count = leader(program), program[0].count.integer
    indexes = {one.index.integer for one in program}
    if first is None or count is None or not all_seen(run, [one.process for one in program]):
        return None
    if not first.process.host.answers_to(first.host).always or not indexes <= set(range(count)):
        return None
    return next((index for index in range(count) if index not in indexes), None)


def hosts(program: list[Joined]) -> int:
    return len({one.process.host.machine for one in program})
