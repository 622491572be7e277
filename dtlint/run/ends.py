"""Where a script ends, and whether it leaves its process groups behind there."""

from __future__ import annotations

from typing import Final

from dtlint.facts.script import Attribute, If, Name
from dtlint.facts.syntax import nodes_of
from dtlint.run.effects import Effect
from dtlint.run.groups import INITIALISER
from dtlint.run.script.trace import ScriptRun
from dtlint.source import Span

_DESTROYER: Final = "destroy_process_group"


def groups_left(run: ScriptRun) -> Span | None:
    """The end of a script that surely leaves its process groups as they are; None where something may destroy them.

    A framework's own object may clean up behind the script, and code that is not reached here may do so elsewhere.
    """
    if not run.complete or run.child or run.failure or any(run.effects(Effect.DESTROYS)):
        return None
    if any(event.name != INITIALISER for event in run.effects(Effect.INITIALISES)) or _names(run, _DESTROYER):
        return None
    return _end(run)


def _end(run: ScriptRun) -> Span | None:
    """The last statement of the script, or of its main part; None where the script was not read."""
    program = next((program for program in run.programs if program.path == run.path), None)
    if program is None or not program.body:
        return None
    last = program.body[-1]
    return last.body[-1].at if isinstance(last, If) and program.main else last.at


def _names(run: ScriptRun, function: str) -> bool:
    """It calls the function, or hands it on."""
    return any(
        (isinstance(node, Attribute) and node.name == function) or (isinstance(node, Name) and node.id == function)
        for program in run.programs
        for node in nodes_of(program.body)
    )
