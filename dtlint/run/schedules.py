"""Learning-rate schedules of a known length, and whether that is the length for one process of several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Attribute, Call, Operation
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.script.objects import PREPARED, Instance, Thing, as_value, maker
from dtlint.run.script.trace import Event, Repeat, ScriptRun
from dtlint.value import Step, Value, known
from dtlint.value.trail import LONGEST

_ACCELERATOR: Final = "accelerate.Accelerator"
PREPARES: Final = (f"{_ACCELERATOR}.prepare", f"{_ACCELERATOR}.prepare_scheduler")
LENGTHS: Final[dict[str, tuple[int | None, str]]] = {
    **{
        f"transformers.{home}{name}": (position, "num_training_steps")
        for home in ("", "optimization.")
        for name, position in (
            ("get_scheduler", 3),
            ("get_cosine_schedule_with_warmup", 2),
            ("get_linear_schedule_with_warmup", 2),
            ("get_polynomial_decay_schedule_with_warmup", 2),
            ("get_cosine_with_hard_restarts_schedule_with_warmup", 2),
        )
    },
    "diffusers.optimization.get_scheduler": (None, "num_training_steps"),
    "torch.optim.lr_scheduler.OneCycleLR": (2, "total_steps"),
    "torch.optim.lr_scheduler.CosineAnnealingLR": (1, "T_max"),
}
"""Where each is told after how many steps the rate has come to its end (transformers/optimization.py; torch docs)."""
_ACCUMULATION: Final = ("gradient_accumulation_steps", "gradient_accumulation_plugin")
_COUNTS: Final = ("num_processes", "get_world_size")


@record(eq=False)
class CountedTwice:
    """A schedule that accelerate steps once for each process, though its length was divided by their number."""

    made: Event
    length: Value
    at: Step
    """Where the number of processes is asked for, that is divided by."""


def counted_twice(run: ScriptRun) -> Iterator[CountedTwice]:
    """Sources: AcceleratedScheduler.step in accelerate/scheduler.py steps `num_processes` times, unless the batches are
    split among the processes or the schedule is not tied to the optimizer."""
    for _, _, made, length in _prepared(run):
        step = _divisor(run, length)
        if step is not None:
            yield CountedTwice(made, length, step)


def _prepared(run: ScriptRun) -> Iterator[tuple[Event, Thing, Event, Value]]:
    """The calls that give accelerate a schedule which it then steps once for each process, with the schedule, the call
    that made it, and its length."""
    for event in run.called(*PREPARES):
        if not event.surely or not _multiplies(event.receiver):
            continue
        for thing in (*event.positional, *event.keywords.values()):
            made = maker(thing)
            if made is None or made.open or not made.surely or made.name not in LENGTHS:
                continue
            given = made.given(*LENGTHS[made.name])
            if given is not None:
                yield event, thing, made, as_value(given)


@record(eq=False)
class CountedByRounds:
    """A schedule that accelerate steps once for each process in a round, and that is as long as there are rounds."""

    made: Event
    step: Event
    loop: Repeat
    """The loop of which each round steps it."""


def counted_by_rounds(run: ScriptRun) -> Iterator[CountedByRounds]:
    """A loader that accelerate has prepared is as long as the share of one process (`BatchSamplerShard.__len__` of
    accelerate/data_loader.py)."""
    for event, thing, made, length in _prepared(run):
        steps = [one for one in run.events if one.method == "step" and one.receiver is thing]
        looped = all(one.surely and one.loops for one in steps)
        if _accumulates(event.receiver) or not looped or len({one.at for one in steps}) != 1:
            continue
        rounds = known(0)
        for one in steps:  # several where a few epochs were gone through one by one
            rounds = rounds + _rounds(one)
        if length.same(rounds) and (length.known or _share(length)):
            yield CountedByRounds(made, steps[0], steps[0].loops[-1])


def _rounds(step: Event) -> Value:
    count = known(1)
    for loop in step.loops:
        count = count * loop.count
    return count


def _share(length: Value) -> bool:
    """It was counted with the batches of one process."""
    return any(isinstance(symbol.key, tuple) and PREPARED in symbol.key for symbol in length.symbols())


def _accumulates(accelerator: Thing | None) -> bool:
    """An update may take several rounds."""
    made = accelerator.made_by if isinstance(accelerator, Instance) else None
    asked = [made.argument(name) for name in _ACCUMULATION] if made is not None else []
    return any(not (value.is_absent or (value.known and value.constant in (None, 1))) for value in asked)


def _multiplies(accelerator: Thing | None) -> bool:
    """It is an Accelerator as it is made without arguments that change how schedules are stepped."""
    made = accelerator.made_by if isinstance(accelerator, Instance) else None
    if made is None or made.name != _ACCELERATOR or made.open:
        return False
    split, tied = made.argument("split_batches"), made.argument("step_scheduler_with_optimizer")
    return (
        (split.is_absent or (split.known and split.constant is False))
        and (tied.is_absent or (tied.known and tied.constant is True))
        and made.thing("dataloader_config") is None
    )


def _divisor(run: ScriptRun, length: Value) -> Step | None:
    """The one place where the number of processes came in, if the length was divided by it there."""
    asked = [step for step in length.trail if step.text.removesuffix("()") in _COUNTS]
    if len(asked) != 1 or len(length.trail) >= LONGEST:
        return None
    written = [node for program in run.programs if program.path == asked[0].at.path for node in nodes_of(program.body)]
    return asked[0] if any(_divides(node, asked[0]) for node in written) else None


def _divides(node: object, step: Step) -> bool:
    """A division whose divisor is the count itself, or a product with it."""
    if not isinstance(node, Operation) or node.operator not in ("/", "//") or len(node.operands) != 2:
        return False
    pending = [node.operands[1]]
    while pending:
        one = pending.pop()
        if isinstance(one, Operation) and one.operator == "*":
            pending += one.operands
        elif isinstance(one, Attribute | Call) and one.at == step.at:
            return True
    return False
