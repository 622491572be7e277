"""Lightning's Trainer as a Plan; strategies by name: src/lightning/pytorch/strategies/."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.value import How, Step, Value, absent, known

if TYPE_CHECKING:
    from dtlint.run.script.objects import Thing
    from dtlint.run.script.trace import Event

TRAINER: Final = "lightning.pytorch.Trainer"
SHARDED: Final = ("fsdp", "fsdp_cpu_offload")
MODULE: Final = "lightning.pytorch.LightningModule"
CLIPS: Final = "configure_gradient_clipping"
"""The hook in which a module may clip in its own way."""


def plans(process: Process) -> Iterator[Plan]:
    """The plan of a process that surely makes one Trainer for a module that is known."""
    run = process.run
    if run is None:
        return
    made = [event for event in run.events if event.name == TRAINER or event.method == "FSDPPrecision"]
    if len(made) != 1 or not made[0].surely or made[0].method == "FSDPPrecision":
        return
    event = made[0]
    fits = [each for each in run.events if each.name == f"{TRAINER}.fit"]
    models = [thing for thing in (each.thing("model") for each in fits) if thing is not None]
    value = _of_call(event)
    if value is None or not models or not all(map(_plain, models)):
        return
    algorithm = value("gradient_clip_algorithm")
    by_norm = algorithm.is_absent or (algorithm == "norm").always
    plan = Plan(at=event.at, process=process, world=process.world, source="lightning")
    plan.clip = value("gradient_clip_val") if by_norm else absent()
    plan.fully_sharded = value("strategy").mapped("strategy", lambda it: it in SHARDED)
    yield plan


def _plain(model: Thing) -> bool:
    """The module, or its class, is one of the workspace that leaves clipping to the Trainer."""
    cls = getattr(model, "cls", model)
    outside, lookup = getattr(cls, "outside", None), getattr(cls, "lookup", None)
    return outside is not None and lookup is not None and lookup(CLIPS) is None and set(outside()) <= {MODULE}


def _of_call(event: Event) -> Callable[[str], Value] | None:
    if event.open:
        return None

    def value(name: str) -> Value:
        thing = event.thing(name)
        maker = getattr(thing, "made_by", None)
        if name == "strategy" and maker is not None:
            kind = "fsdp" if maker.method == "FSDPStrategy" else maker.method
            return known(kind, Step(How.OPTION, f"strategy={maker.method}(…)", event.argument_at(name)))
        given = event.argument(name)
        if given.is_absent or (given.known and given.constant is None):
            return absent()
        return given if given.trail else given.because(Step(How.OPTION, f"{name}={given}", event.argument_at(name)))

    return value
