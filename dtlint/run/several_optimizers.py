"""Modules with several optimizers that a Trainer of Lightning is to train by its DeepSpeed strategy.

`_init_optimizers` of lightning/pytorch/strategies/deepspeed.py, and of pytorch_lightning before it, which is not asked
where the configuration for DeepSpeed has an optimizer of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Assign, Call, Constant, Dict, Expr, Name, Return, Sequence
from dtlint.facts.syntax import nodes_of
from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.lightning import TRAINER, strategy
from dtlint.run.script.objects import ClassObject, FunctionObject, Instance, maker
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.source import Span
from dtlint.tools.lightning_deepspeed import VARIABLE
from dtlint.value import How, Step, Value

_CONFIGURES: Final = "configure_optimizers"
_MADE: Final = "torch.optim."


@record(eq=False)
class Several:
    """What `configure_optimizers` gives back, how many optimizers are in it, and who asks for DeepSpeed."""

    given: Span
    count: int
    asked: Value


def several(process: Process) -> Iterator[Several]:
    """Of the modules that the one Trainer of a process surely fits with an engine that takes one optimizer."""
    run, made = process.run, list(process.called(TRAINER))
    if run is None or len(made) != 1 or not made[0].surely or made[0].open:
        return
    trainer, asked = made[0], _asked(made[0])
    if asked is None or process.environment.set(VARIABLE) or run.sets_unknown_names:
        return
    if any(write.name == VARIABLE for write in run.writes):
        return
    for fit in process.called(f"{TRAINER}.fit"):
        model = fit.thing("model")
        if not fit.surely or fit.caught or fit.receiver is not trainer.result or not isinstance(model, Instance):
            continue
        method = model.cls.lookup(_CONFIGURES) if isinstance(model.cls, ClassObject) else None
        found = _returned(method, run) if isinstance(method, FunctionObject) else None
        if found is not None:
            yield Several(found[0], found[1], asked)


def _asked(trainer: Event) -> Value | None:
    """What asks for DeepSpeed, without a configuration that could have an optimizer."""
    made, word = maker(trainer.thing("strategy")), strategy(trainer)
    if word is None or not word.startswith("deepspeed") or (made is not None and "config" in made.keywords):
        return None
    given = trainer.argument("strategy")
    if made is None and given.trail:
        return given
    written = f"strategy={made.method}(…)" if made is not None else f"strategy={given}"
    return given.because(Step(How.OPTION, written, trainer.argument_at("strategy")))


def _returned(method: FunctionObject, run: ScriptRun) -> tuple[Span, int] | None:
    """Where the one value is written that the method gives back, and how many optimizers of PyTorch are in it."""
    ends = [node for node in nodes_of(method.body) if isinstance(node, Return)]
    given = ends[0].value if len(ends) == 1 and ends[0] in method.body else None
    if not isinstance(given, Sequence):
        return None
    # `[optimizers], [schedules]`
    first = given.items[0] if given.items else None
    inside = first if isinstance(first, Sequence) else given
    made = {event.at for event in run.events if event.surely and event.name.startswith(_MADE)}
    optimizers = [_optimizer(item) for item in inside.items]
    values = [_assigned(item, method) if isinstance(item, Name) else item for item in optimizers]
    if len(values) > 1 and all(isinstance(value, Call) and value.at in made for value in values):
        return given.at, len(values)
    return None


def _optimizer(item: Expr) -> Expr | None:
    """The item, or what its key `optimizer` has."""
    if not isinstance(item, Dict):
        return item
    pairs = zip(item.keys, item.values, strict=True)
    return next((value for key, value in pairs if isinstance(key, Constant) and key.value == "optimizer"), None)


def _assigned(name: Name, method: FunctionObject) -> Expr | None:
    """What the method assigns to the name, where it does so once."""
    found = [
        (node, target)
        for node in nodes_of(method.body)
        if isinstance(node, Assign)
        for target in node.targets
        if isinstance(target, Name) and target.id == name.id
    ]
    return found[0][0].value if len(found) == 1 and found[0][0] in method.body else None
