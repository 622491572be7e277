"""Accelerators that are there before a notebook starts its processes.

`notebook_launcher` of accelerate/launchers.py: "To launch a multi-GPU training from your notebook, the `Accelerator`
should only be initialized inside your training function."
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Assign, ExprStatement, Import, ImportFrom
from dtlint.facts.syntax import nodes_of
from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.scaling import ACCELERATOR
from dtlint.run.script.processes import NOTEBOOK_LAUNCHER
from dtlint.run.script.trace import Event, ScriptRun

_FORGETS: Final = "_reset_state"


@record(eq=False)
class Early:
    """An accelerator of the process that starts the others, and where it starts them."""

    made: Event
    fork: Event


def early(process: Process) -> Iterator[Early]:
    """Where the process starts others from a notebook, or is one of these."""
    parent = process.spawned_by or process
    if parent.run is None or process.run is None or any(event.method == _FORGETS for event in parent.run.events):
        return
    for fork in parent.run.called(NOTEBOOK_LAUNCHER):
        count = fork.argument("num_processes").integer
        if not fork.surely or fork.caught or count is None or count < 2:
            continue
        first = next((one for one in parent.run.called(ACCELERATOR) if one.index < fork.index and one.surely), None)
        if first is None and process is not parent:
            # A module is run on paper when its first name is used; the parent has run it when it was imported.
            made = (one for one in process.run.called(ACCELERATOR) if one.surely and not one.caught)
            first = next((one for one in made if _of_imported_module(one, process.run)), None)
        if first is not None:
            yield Early(first, fork)


def _of_imported_module(event: Event, run: ScriptRun) -> bool:
    """It stands outside of functions, in a module that is imported where its importers begin and nowhere else."""
    path = event.at.path
    outside = any(
        isinstance(statement, Assign | ExprStatement) and statement.at.overlaps(event.at)
        for program in run.programs
        for statement in program.body
    )
    name = posixpath.basename(path).removesuffix(".py")
    return outside and name not in {word for program in run.programs for word in _imported_late(program.body)}


def _imported_late(body: tuple[object, ...]) -> Iterator[str]:
    """Names of modules, and what is imported from them, that statements within others import."""
    for statement in body:
        if isinstance(statement, Import | ImportFrom):
            continue
        for node in nodes_of(statement):
            if isinstance(node, Import | ImportFrom):
                yield from node.module.split(".")
            if isinstance(node, ImportFrom):
                yield from (name for name, _ in node.names)
