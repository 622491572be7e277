"""Where a script ends, and whether it names a function anywhere, be it in code that is not reached."""

from __future__ import annotations

from dtlint.facts.script import Attribute, If, Name
from dtlint.facts.syntax import nodes_of
from dtlint.run.script.trace import ScriptRun
from dtlint.source import Span


def end(run: ScriptRun) -> Span | None:
    """The last statement of the script, or of its main part; None where the script was not read."""
    program = next((program for program in run.programs if program.path == run.path), None)
    if program is None or not program.body:
        return None
    last = program.body[-1]
    return last.body[-1].at if isinstance(last, If) and program.main else last.at


def names(run: ScriptRun, function: str) -> bool:
    """It calls the function, or hands it on."""
    return any(
        (isinstance(node, Attribute) and node.name == function) or (isinstance(node, Name) and node.id == function)
        for program in run.programs
        for node in nodes_of(program.body)
    )
