"""A script of NeMo 2 as a Plan: it makes the strategy and the trainer itself, or configures them for NeMo-Run.

Parameters: nemo/lightning/pytorch/strategies/megatron_strategy.py; "decoder world_size … is not divisible by …".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.script.library.nemo_run import DEFERRED, EXECUTORS
from dtlint.run.script.objects import External, Instance, Object, Thing, Unread, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import How, Step, Value, absent, known, unknown

STRATEGY: Final = ".MegatronStrategy"
TRAINERS: Final = ("nemo.lightning.Trainer", "lightning.pytorch.Trainer")
HOME: Final = "nemo_run."
COMMAND_LINE: Final = "nemo_run.cli."
"""With it, the command line has the last word on every setting."""


def plans(process: Process) -> Iterator[Plan]:
    run = process.run
    if run is None:
        return
    made = list(_made(run))
    strategies = [one for one in made if one.name.endswith(STRATEGY)]
    trainers = [one for one in made if one.name in TRAINERS]
    if len(strategies) != 1 or len(trainers) != 1 or any(event.name.startswith(COMMAND_LINE) for event in run.events):
        return
    (strategy,), (trainer,) = strategies, trainers
    if not strategy.settled or not trainer.event.surely or trainer.changed(run) or strategy.changed(run):
        return
    plan = Plan(at=strategy.event.at, process=process, world=process.world, source="nemo")
    plan.tensor = strategy.number("tensor_model_parallel_size")
    plan.pipeline = strategy.number("pipeline_model_parallel_size")
    plan.context = strategy.number("context_parallel_size")
    plan.expert = strategy.number("expert_model_parallel_size")
    plan.expert_tensor = strategy.number("expert_tensor_parallel_size").or_default(plan.tensor.or_default(known(1)))
    size = trainer.number("devices") * trainer.number("num_nodes").or_default(known(1))
    sure = (size > 0).always and _started(run, size)
    plan.size = size if sure else unknown("the world size", key=("nemo world", process.at))
    yield plan


@record
class _Made:
    """An object of NeMo that the script makes, or configures for later."""

    name: str
    """Its class by the canonical name."""
    event: Event
    configured: Instance | None = None

    @property
    def settled(self) -> bool:
        return self.event.surely and not self.event.open

    def number(self, name: str) -> Value:
        if self.configured is None:
            return self.event.argument(name).as_int()
        thing = self.configured.attributes.get(name)
        if thing is None:
            return absent() if self.settled else unknown(name, key=("configured", self.event.at, name))
        value = as_value(thing).as_int()
        if value.trail or thing is not self.event.keywords.get(name):
            return value
        return value.because(Step(How.OPTION, f"{name}={value}", self.event.argument_at(name)))

    def changed(self, run: ScriptRun) -> bool:
        """Code that was not read had its configuration, by itself or as a part of another."""
        if self.configured is None:
            return False
        later = (event for event in run.events[self.event.index + 1 :] if not event.name.startswith(HOME))
        given = (thing for event in later for thing in event.objects)
        return self.configured.unseen or any(_holds(thing, self.configured) for thing in given)


def _made(run: ScriptRun) -> Iterator[_Made]:
    for event in run.events:
        if event.name in TRAINERS or event.name.endswith(STRATEGY):
            yield _Made(event.name, event)
        elif event.name not in DEFERRED:
            continue
        elif event.positional and isinstance(event.positional[0], External) and isinstance(event.result, Instance):
            yield _Made(event.positional[0].name, event, event.result)


_DEEPEST: Final = 6


def _holds(thing: Thing, wanted: Object, depth: int = _DEEPEST) -> bool:
    if thing is wanted:
        return True
    if not depth or not isinstance(thing, Instance | Unread):
        return False
    return any(_holds(part, wanted, depth - 1) for part in thing.attributes.values())


def _started(run: ScriptRun, size: Value) -> bool:
    """As many processes are started as the trainer asks for: by itself, or by the one executor there is."""
    ours = (event for event in run.events if event.name.startswith(HOME))
    executors = [event for event in ours if event.method.endswith("Executor")]
    if not executors:
        return True
    made = executors[0].result
    if len(executors) > 1 or executors[0].name not in EXECUTORS or not isinstance(made, Instance) or made.unseen:
        return False

    def number(name: str) -> Value:
        thing = made.attributes.get(name)
        return as_value(thing).as_int() if thing is not None else known(1)

    return not executors[0].open and (number("ntasks_per_node") * number("nodes") == size).always
