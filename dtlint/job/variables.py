"""What the variables of a run are set to, wherever somebody sets them: in a shell, by a launcher, in the script."""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.record import record
from dtlint.source import Span
from dtlint.value import Value


@record(eq=False)
class Variable:
    name: str
    text: str
    """What it holds, as a process finds it."""
    value: Value
    at: Span


def variables(run: Run) -> tuple[Variable, ...]:
    """Each exported variable whose content is known; one that several processes find alike is there once.

    Where a shell sets it is told before where a launcher hands it on.  The run is complete: it is gone through once for
    all rules that ask.
    """
    if run.variables is None:
        run.variables = tuple(_found(run))
    return run.variables


def _found(run: Run) -> Iterator[Variable]:
    seen: set[tuple[str, str]] = set()
    for name, value, at in (*_of_shells(run), *(each for process in run.processes for each in _of(process))):
        if value.known and value.constant is not None and (name, str(value)) not in seen:
            seen.add((name, str(value)))
            yield Variable(name, str(value), value, at)


def _of_shells(run: Run) -> Iterator[tuple[str, Value, Span]]:
    for setting in run.settings:
        if setting.exported:
            yield setting.name, setting.value, setting.at


def _of(process: Process) -> Iterator[tuple[str, Value, Span]]:
    names = dict.fromkeys(process.environment)
    if process.run is not None:
        names |= dict.fromkeys(write.name for write in process.run.writes)
    for name in names:
        value = process.variable(name)
        if value.trail:
            yield name, value, value.at
