"""Schedules of so many updates that a script steps in each micro batch of `accelerator.accumulate`.

A prepared schedule steps with the last micro batch of an update alone (`AcceleratedScheduler.step` of
accelerate/scheduler.py), and one that is not prepared whenever it is told to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Attribute, AugAssign, Compare, Expr, If, Jump, Name, Operation, Stmt
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.conditions import forks
from dtlint.run.scaling import ACCELERATOR
from dtlint.run.schedules import LENGTHS, PREPARES
from dtlint.run.script.objects import as_value, maker
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.value import Term, Value

_LAST: Final = "sync_gradients"
_PLUGINS: Final = ("deepspeed_plugin", "deepspeed_plugins", "megatron_lm_plugin", "gradient_accumulation_plugin")
_SECTIONS: Final = ("body", "otherwise")


@record(eq=False)
class TooFast:
    """A schedule that comes to its end after so many micro batches, and is as long as there are updates."""

    made: Event
    step: Event
    within: Event
    """The `accumulate` around the step."""
    steps: Value
    """Micro batches of one update."""


def too_fast(run: ScriptRun) -> Iterator[TooFast]:
    made = list(run.called(ACCELERATOR))
    if len(made) != 1 or not made[0].surely or made[0].open or any(made[0].thing(name) for name in _PLUGINS):
        return
    steps = made[0].argument("gradient_accumulation_steps")
    count = steps.integer
    around = {one.index: one for one in run.called(f"{ACCELERATOR}.accumulate")}
    if count is None or count < 2 or not around:
        return
    given = [thing for event in run.called(*PREPARES) for thing in (*event.positional, *event.keywords.values())]
    told: set[object] = set()
    for step in run.events:
        thing = step.receiver
        schedule = maker(thing)
        within = next((one for one in step.contexts if one.index in around), None)
        if step.method != "step" or schedule is None or within is None or schedule.name not in LENGTHS:
            continue
        if schedule.open or step.branches != within.branches or any(one is thing for one in given):
            continue
        length = schedule.given(*LENGTHS[schedule.name])
        if length is None or step.at in told or getattr(thing, "unseen", False):
            continue
        if _of_updates(run, as_value(length), count):
            told.add(step.at)
            yield TooFast(schedule, step, within, steps)


def _of_updates(run: ScriptRun, length: Value, count: int) -> bool:
    """It is a number of updates: one of batches was divided by those of an update, or it is where the script ends that
    counts its updates."""
    divided = isinstance(length.content, Term) and _divided(length.content, count)
    return divided or any(_ends(run, length))


def _divided(term: Term, count: int) -> bool:
    return any(
        (symbol.operation == "//" and symbol.operands[1].constant == count)
        or any(_divided(operand, count) for operand in symbol.operands)
        for symbol in term.symbols()
    )


def _ends(run: ScriptRun, length: Value) -> Iterator[Fork]:
    """Conditions of one setting with the length, that hold a count of updates against it and leave a loop by it."""
    counters = {name for program in run.programs for name in _counters(program.body)}
    places = {step.at for step in length.trail}
    comparisons = [node for program in run.programs for node in nodes_of(program.body) if isinstance(node, Compare)]
    for fork, _, loops in forks(run.trace):
        if loops and {"break", "return"} & set(fork.ends) and any(step.at in places for step in fork.value.trail):
            inside = (one for one in comparisons if fork.at.overlaps(one.at))
            if any(_named(operand) in counters for one in inside for operand in one.operands):
                yield fork


def _counters(body: tuple[Stmt, ...]) -> Iterator[str]:
    """What is counted up only with the last micro batch of an update."""
    for node in nodes_of(body):
        for section in (getattr(node, name, ()) for name in _SECTIONS):
            for index, one in enumerate(section if isinstance(section, tuple) else ()):
                yield from _counted(one, section[index + 1 :])


def _counted(statement: Stmt, behind: tuple[Stmt, ...]) -> Iterator[str]:
    if not isinstance(statement, If):
        return
    last = _is_last(statement.test)
    rest = statement.body if last else ()
    if last is False and isinstance(statement.body[-1], Jump) and statement.body[-1].kind == "continue":
        rest = behind
    for one in rest:
        name = _named(one.target) if isinstance(one, AugAssign) and one.operator == "+" else ""
        if name:
            yield name


def _is_last(test: Expr) -> bool | None:
    """`sync_gradients` (True), its negation (False), or neither."""
    if isinstance(test, Operation) and test.operator == "not":
        inner = _is_last(test.operands[0])
        return None if inner is None else not inner
    return True if isinstance(test, Attribute) and test.name == _LAST else None


def _named(target: Expr) -> str:
    """The last name of what is assigned or read."""
    return target.id if isinstance(target, Name) else target.name if isinstance(target, Attribute) else ""
