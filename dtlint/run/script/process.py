"""Running one script in one process on paper."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.context import ScriptContext
from dtlint.run.script.execute import Machine
from dtlint.run.script.objects import Frame, Pending, Thing
from dtlint.run.script.state import Left, Raised, Reached, Spent
from dtlint.run.script.trace import ScriptRun

__all__ = ["ScriptContext", "run_from_spawn", "run_script"]

_ATTEMPTS: Final = 4
"""Runs in which defaults under which the script fails are given up one by one; in the last one, all of them."""
_FRAMES: Final = 12_000
"""Python frames that a run may need: a call on paper takes about ten, and expressions nest."""


def run_script(path: str, context: ScriptContext) -> ScriptRun:
    """What the script at `path` does in the process that `context` describes.  Raises nothing: what cannot be followed
    is unknown, and what is cut off says so (`ScriptRun.truncated`)."""
    for attempt in range(_ATTEMPTS):
        machine = Machine(path, context)
        with _room():
            _begin(machine, path)
        if not (machine.run.failure and machine.blamed - context.given and context.arguments is None):
            break
        if not machine.blamed or attempt == _ATTEMPTS - 1:
            break
        if attempt == _ATTEMPTS - 2:
            context = replace(context, defaults_hold=False)
        context = replace(context, given=context.given | machine.blamed)
    return machine.run


def run_from_spawn(
    path: str, context: ScriptContext, ordinal: int, index: int, there: ScriptContext | None = None
) -> ScriptRun:
    """What child `index` of the script's spawn number `ordinal` does; `there` is what it finds elsewhere."""
    parent = Machine(path, context, (ordinal, index))
    run = ScriptRun(path, child=True)
    with _room():
        try:
            _begin(parent, path)
        except Reached as reached:
            # The child begins with what the parent had by then: its modules and the environment.
            run.programs = parent.run.programs
            parent.run, parent.cursor = run, run.trace
            parent.branches, parent.loops, parent.stack, parent.contexts = (), (), (reached.at,), ()
            parent.labels, parent.active, parent.replay = [], [], None
            parent.spawns = ordinal + 1
            parent.context = there or parent.context
            arguments = Arguments(reached.at, reached.at, reached.args, reached.keywords)
            _guard(parent, partial(_call, parent, reached.function, arguments))
    return run


def _call(machine: Machine, function: Thing, arguments: Arguments) -> None:
    result = machine.call(function, arguments)
    if isinstance(result, Pending):
        machine.items_of(result, 1_000)


def _begin(machine: Machine, path: str) -> None:
    program = machine.context.files.script(path)
    if program is None:
        machine.run.truncated = True
        return
    module = machine.library.at(path, "__main__")
    module.state = "running"
    machine.run.modules.append(path)
    machine.run.programs.append(program)
    _guard(machine, lambda: machine.block(program.body, Frame(module.names, module)))


def _guard(machine: Machine, body: Callable[[], object]) -> None:
    run = machine.run
    begun = machine.left_steps
    try:
        with suppress(Left):
            body()
        run.reached_end = run.failure is None
    except Raised as error:
        if run.failure is None:
            run.failure = (error.name, error.at or machine.nowhere)
        machine.blame(error)
    except (Spent, RecursionError):
        run.truncated = True
    finally:
        run.steps = begun - machine.left_steps + machine.context.more - machine.more


@contextmanager
def _room() -> Iterator[None]:
    """Let Python nest deeply enough for a script's own calls; put back what was there."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
