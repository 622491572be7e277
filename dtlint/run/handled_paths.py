"""Calls on paths that succeed once: what they make must not be there before, what they take away must be.

`os.makedirs` raises FileExistsError without `exist_ok`; `os.remove`, `os.rename`, `shutil.rmtree` and their kin raise
FileNotFoundError where there is nothing (docs.python.org, os, shutil and pathlib).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.run.effects import Effect
from dtlint.run.script.objects import as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.writers import alike
from dtlint.value import Value

MAKES: Final = {"os.makedirs": (2, "exist_ok"), "os.mkdir": (None, ""), "pathlib.Path.mkdir": (2, "exist_ok")}
"""What makes a folder, and the argument by which one that is there is no mistake."""
TAKES: Final = {
    "os.remove": (None, ""),
    "os.unlink": (None, ""),
    "os.rmdir": (None, ""),
    "os.rename": (None, ""),
    "os.replace": (None, ""),
    "shutil.move": (None, ""),
    "shutil.rmtree": (1, "ignore_errors"),
    "pathlib.Path.unlink": (0, "missing_ok"),
    "pathlib.Path.rmdir": (None, ""),
}
"""What takes away the path that it is given first."""
_HOOKS: Final = ("onerror", "onexc")


def handled(process: Process) -> Iterator[tuple[Event, Value]]:
    """Such calls that the process surely makes as they stand, with nothing that catches what they raise."""
    run = process.run
    if run is None or not any(run.effects(Effect.INITIALISES)) or (process.presumed and not counts_others(run)):
        return
    moved = any(run.called("os.chdir"))
    for event in run.called(*MAKES, *TAKES):
        if dealt_with(event) or event.branches or not alike(event):
            continue
        thing = event.receiver if event.name.startswith("pathlib.") else event.given(0, "path")
        path = as_value(thing) if thing is not None else None
        if path is None or path.is_unknown or (moved and not path.starts_with("/").always):
            continue
        yield event, path


def dealt_with(event: Event) -> bool:
    """What such a call raises may be caught, or it is told to raise nothing."""
    position, name = {**MAKES, **TAKES}[event.name]
    told = bool(name) and event.given(position, name) is not None
    return event.caught or event.open or told or any(hook in event.keywords for hook in _HOOKS)


def counts_others(run: ScriptRun) -> bool:
    """It asks for its rank or for the number of processes: a script that does not, and that nobody launches, may be a
    tool that makes a process group for the sake of a library, and is run alone."""
    return any(event.row is not None and event.row.answer is not None for event in run.events)
