"""Running a whole program, or a text, in a context."""

from __future__ import annotations

from dataclasses import replace

from dtlint.facts.shell import ShellProgram
from dtlint.run.shell.context import Context, Outcome
from dtlint.run.shell.machine import ExhaustedError, Machine
from dtlint.run.shell.nested import nested
from dtlint.run.word import Word


def execute(program: ShellProgram, context: Context) -> Outcome:
    """Everything that the program would start, in order; what was found so far if the budget runs out."""
    machine = Machine(context, program.path)
    complete = True
    try:
        alive = machine.block(program.body)
    except (ExhaustedError, RecursionError):
        complete, alive = False, True
    if not alive and machine.final is not None:
        machine.state = machine.final
    return Outcome(
        tuple(machine.execs),
        tuple(machine.written),
        tuple(machine.sets),
        machine.environment(),
        machine.state.directory,
        tuple(machine.sourced),
        tuple(machine.wanted),
        complete,
    )


def run_text(word: Word, context: Context) -> Outcome:
    """Runs the text that the word is, as `bash -c` does; its unknowns become holes, its places stay what they are."""
    inner = nested(word)
    if inner is None:
        return Outcome((), (), (), context.environment, context.directory, complete=False)
    return execute(inner.program, replace(context, holes=inner.holes, nested=True, steps=inner.steps))
