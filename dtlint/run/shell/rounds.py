"""Loops: known rounds are run one by one, of the others one is run with everything that they assign unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dtlint.facts.shell import CountingFor, For, Statement, While
from dtlint.run.shell import arithmetic, loops
from dtlint.run.shell.expand import fields
from dtlint.run.shell.state import State, same_printed
from dtlint.run.shell.words import of_value
from dtlint.source import Span
from dtlint.value import FALSE, TRUE, Truth, undecided, unknown

if TYPE_CHECKING:
    from dtlint.run.shell.machine import Machine

ROUNDS: Final = 64
"""Rounds of a loop that are run one by one."""


@dataclass(slots=True)
class Loop:
    """A loop that is being run, and the states that left it or its round early."""

    broken: State | None = None
    continued: State | None = None


def _round(machine: Machine, loop: Loop, body: tuple[Statement, ...], at: Span) -> bool:
    """One round; False where no further one is reached."""
    loop.continued = None
    alive = machine.block(body)
    after = machine.merge(machine.state if alive else None, loop.continued, at)
    if after is None:
        return False
    machine.state = after
    return True


def _finish(machine: Machine, loop: Loop, alive: bool, at: Span) -> bool:
    after = machine.merge(machine.state if alive else None, loop.broken, at)
    machine.loops.pop()
    if after is None:
        return False
    machine.state = after
    return True


def _unknown_rounds(
    machine: Machine,
    loop: Loop,
    body: tuple[Statement, ...],
    at: Span,
    names: Iterable[str] = (),
    endless: bool = False,
) -> bool:
    """Any number of rounds, of which one is run with everything that they assign unknown."""
    base = machine.state.copy()
    assigned = loops.assigned(body, machine.state.functions)
    machine.forget((*names, *assigned.names), at)
    if assigned.shifts:
        machine.state.shifted = None
    machine.repeated += 1
    alive = _round(machine, loop, body, at)
    machine.repeated -= 1
    printed = base.output or ()
    for state in (machine.state if alive else None, loop.broken):
        if state is not None and state.output is not None and not same_printed(state.output, printed):
            rest = of_value(unknown("output of a loop", key=("loop output", machine.context.scope, at)), at)
            state.output = (*printed, rest)
    if endless:
        return False
    after = machine.merge(base, machine.state if alive else None, at)
    assert after is not None
    machine.state = after
    return True


def run_for(machine: Machine, statement: For) -> bool:
    if statement.words is None:
        members = list(machine.state.arguments)
    else:
        members = [field for word in statement.words for field in fields(machine, word)]
    loop = Loop()
    machine.loops.append(loop)
    alive = True
    for number, member in enumerate(members):
        machine.step()
        if member.many or number >= ROUNDS:
            alive = _unknown_rounds(machine, loop, statement.body, statement.at, (statement.name,))
            if number >= ROUNDS:
                break
        else:
            machine.assign(statement.name, member, member.at, step=False)
            alive = _round(machine, loop, statement.body, statement.at)
        if not alive:
            break
    machine.status, machine.presumed = undecided(), True
    return _finish(machine, loop, alive, statement.at)


def run_counting(machine: Machine, statement: CountingFor) -> bool:
    if statement.init is not None:
        machine.evaluate(statement.init)

    def asked() -> Truth:
        return TRUE if statement.condition is None else arithmetic.condition(machine, statement.condition)

    def advance() -> None:
        if statement.step is not None:
            machine.evaluate(statement.step)

    names = [
        name
        for expression in (statement.init, statement.step)
        if expression is not None
        for name in loops.assigned_in(expression)
    ]
    return _conditional_loop(machine, statement.body, statement.at, asked, advance, names)


def run_while(machine: Machine, statement: While) -> bool:
    def asked() -> Truth:
        if not machine.block(statement.condition):
            return FALSE
        if machine.presumed:
            return undecided()
        return ~machine.status if statement.until else machine.status

    if loops.constant(statement):
        loop = Loop()
        machine.loops.append(loop)
        alive = _unknown_rounds(machine, loop, statement.body, statement.at, endless=True)
        machine.status, machine.presumed = undecided(), True
        return _finish(machine, loop, alive, statement.at)
    names = loops.assigned(statement.condition, machine.state.functions).names
    return _conditional_loop(machine, statement.body, statement.at, asked, lambda: None, names)


def _conditional_loop(
    machine: Machine,
    body: tuple[Statement, ...],
    at: Span,
    asked: Callable[[], Truth],
    advance: Callable[[], None],
    names: Iterable[str],
) -> bool:
    loop = Loop()
    machine.loops.append(loop)
    alive = True
    for number in range(ROUNDS + 1):
        machine.step()
        truth = asked()
        if truth.never:
            break
        if not truth.always or number == ROUNDS:
            alive = _unknown_rounds(machine, loop, body, at, names)
            break
        alive = _round(machine, loop, body, at)
        if not alive:
            break
        advance()
    machine.status, machine.presumed = undecided(), True
    return _finish(machine, loop, alive, at)


def leave(machine: Machine, levels: int, again: bool) -> bool:
    """`break` and `continue`."""
    if not machine.loops:
        return True
    loop = machine.loops[max(len(machine.loops) - levels, 0)]
    at = Span(machine.file, 0, 0)
    if again:
        loop.continued = machine.merge(loop.continued, machine.state, at)
    else:
        loop.broken = machine.merge(loop.broken, machine.state, at)
    return False
