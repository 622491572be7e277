"""Scripts that would train together if a launcher's variable told them that they are several, and are told nothing.

A script that asks `"RANK" in os.environ`, or takes a missing `WORLD_SIZE` for 1, makes no process group where the
variable is missing, and goes on as if it were the only one.
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.apart import trained_apart
from dtlint.run.groups import makers_written, makes
from dtlint.run.script.trace import EnvironmentRead, Event
from dtlint.source import Span

_OF_LAUNCHERS: Final = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
_PLACE: Final = re.compile(r"RANK|PROCID|LOCALID|NODEID|NODENAME|TASK_ID|INDEX|HOST")
"""Names of variables that tell processes apart."""
_OWN_NAME: Final = re.compile(r"socket\.\w+|platform\.node|os\.uname")


@record(eq=False)
class LeftAlone:
    """A process that trains by itself."""

    lacks: EnvironmentRead
    """Where it asks for the variable that nothing sets."""
    maker: Span
    """The call that would make the group, to which it does not come."""
    step: Event
    """Where it trains."""


def left_alone(world: World) -> LeftAlone | None:
    """How the processes of the world train, each by itself and all the same; None where one of them may be meant to do
    something else than the others, or where that is not known."""
    processes = [process for process, _ in world.followed]
    found = [_alone(process) for process in processes]
    if len(found) < 2 or None in found or not all(map(processes[0].started_like, processes[1:])):
        return None
    return found[0]


def _alone(process: Process) -> LeftAlone | None:
    run = process.run
    if run is None or run.children or run.subprocesses or run.reads_unknown_names or any(map(makes, run.events)):
        return None
    if any(_OWN_NAME.fullmatch(event.name) for event in run.events):
        return None
    places = [read for read in run.reads if _PLACE.search(read.name)]
    # One that is set may tell the process what to do; so may one of which nobody knows whether it is.
    if not all(read.value.is_absent and not read.required for read in places):
        return None
    lacks = next((read for read in run.reads if read.name in _OF_LAUNCHERS and read.value.is_absent), None)
    maker = next(makers_written(run), None)
    step = next((step for _, step in trained_apart(run)), None)
    return LeftAlone(lacks, maker, step) if lacks is not None and maker is not None and step is not None else None
