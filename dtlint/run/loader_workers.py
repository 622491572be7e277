"""Loaders with worker processes, for rules that count CPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.epochs import LOADER

if TYPE_CHECKING:
    from dtlint.job.world import World
    from dtlint.run.script.trace import Event
    from dtlint.value import Value

PINNING: Final = frozenset({"cpu_affinity", "sched_setaffinity"})
"""Calls by which a process chooses its CPUs itself."""


def loaders(world: World) -> list[tuple[Event, Value]]:
    """The loaders that a process surely makes, with their workers, those with most workers first; none for a script
    that chooses its CPUs."""
    run = next((process.run for process in world.processes if process.run is not None), None)
    if run is None or run.truncated or any(event.method in PINNING for event in run.events):
        return []
    made = [(event, event.argument("num_workers")) for event in run.called(LOADER) if event.surely]
    known = [(event, workers) for event, workers in made if workers.integer is not None]
    return sorted(known, key=lambda pair: -(pair[1].integer or 0))
