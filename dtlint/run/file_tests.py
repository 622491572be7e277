"""Collectives that a process comes to only if it sees a file, which it then never opens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import one_group
from dtlint.run.conditions import forks
from dtlint.run.effects import Effect
from dtlint.run.existence import asked
from dtlint.run.partings import Parting, happens, parting
from dtlint.run.script.objects import as_value, identity
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.value import Value

_READS: Final = frozenset(("load", "open", "from_pretrained", "read", "readlines", "fromfile", "read_text", "glob"))


@record(eq=False)
class Gated:
    """What a test for a file decides in a process that never opens it."""

    parting: Parting
    opened: Event
    """Where rank 0 opens the file."""
    file: Value


def gated(world: World) -> Iterator[Gated]:
    """File systems of several hosts do not show a new file to all at the same time, and node-local ones never do.

    Where every process opens the file, one that does not see it fails anyway: only a process that tests a file for the
    sake of the others counts.
    """
    first = next((run for process, run in world.finished if process.rank.integer == 0), None)
    if first is None or not one_group(first):
        return
    told: set[object] = set()
    for _, run in world.finished:
        if run is first or not one_group(run):
            continue
        for fork, around, loops in forks(run.trace):
            test = asked(fork)
            if test is None or fork.at in told or not all(map(happens, around)) or _reads(run, fork):
                continue
            opened = next((event for event in first.events if _opens(event, test.path)), None)
            found = parting(run, fork, around, loops) if opened is not None else None
            if found is not None and opened is not None:
                told.add(fork.at)
                yield Gated(found, opened, as_value(opened.positional[0]))


def _opens(event: Event, path: object) -> bool:
    reads = event.method in _READS or (event.row is not None and Effect.LOADS in event.row.effects)
    return reads and bool(event.positional) and identity(as_value(event.positional[0])) == path


def _reads(run: ScriptRun, fork: Fork) -> bool:
    """It reads some file on either side of the test, by a call that is known or by one that may."""
    return any(
        event.method in _READS
        or (event.row is None and event.name.startswith("?.") and "load" in event.method)
        or (event.row is not None and Effect.LOADS in event.row.effects)
        for event in run.events
        if any(one is fork for one, _ in event.branches) and event.method != "load_state_dict"
    )
