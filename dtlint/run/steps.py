"""Training steps on paper: backward passes with the forward passes and the optimizer's step of the same round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Attribute
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.script.objects import Instance
from dtlint.run.script.trace import Event, Repeat, ScriptRun
from dtlint.run.wrapping import drawn_from

NO_GRADIENTS: Final = frozenset(("torch.no_grad", "torch.inference_mode", "torch.set_grad_enabled"))
SCALERS: Final = frozenset(("torch.amp.GradScaler", "torch.cuda.amp.GradScaler"))


@record(eq=False)
class TrainingStep:
    """A backward pass and the optimizer's step that follows it, in each round of one loop; the backward pass may stand
    in a loop of its own within."""

    backward: Event
    step: Event
    optimizer: Instance
    loop: Repeat

    def holds(self, event: Event) -> bool:
        """The call stands in the same loop, before the backward pass or behind it."""
        return any(loop is self.loop for loop in event.loops)


def training_steps(run: ScriptRun) -> Iterator[TrainingStep]:
    """Each backward pass with the first step behind it in the loop that holds both; either comes in each round, or in
    some of them."""
    steps = [(event, optimizer_of(event)) for event in run.events if event.method == "step" and event.some_day]
    for backward in run.effects(Effect.BACKWARD):
        if not backward.some_day or not backward.loops:
            continue
        for step, optimizer in steps:
            if optimizer is None or step.index < backward.index or not step.loops:
                continue
            # Gradients of several rounds of an inner loop may be added up for one step.
            if step.loops == backward.loops[: len(step.loops)]:
                yield TrainingStep(backward, step, optimizer, step.loops[-1])
                break


def optimizer_of(step: Event) -> Instance | None:
    """The optimizer of torch that a call of `step` surely steps: its own method, or a gradient scaler's."""
    receiver = step.receiver
    if isinstance(receiver, Instance) and any(name in SCALERS for name in receiver.class_names):
        receiver = step.positional[0] if step.positional else None
    made = receiver.made_by if isinstance(receiver, Instance) else None
    if made is None or made.row is None or Effect.BUILDS_OPTIMIZER not in made.row.effects:
        return None
    return receiver if isinstance(receiver, Instance) else None


def without_gradients(event: Event) -> bool:
    """It stands in a context that switches gradients off."""
    return any(context.name in NO_GRADIENTS for context in event.contexts)


def optimizes(optimizer: Instance, *models: object) -> bool:
    """The optimizer was given parameters of one of these, and of nothing else."""
    given = drawn_from(optimizer.made_by.thing("params")) if optimizer.made_by is not None else None
    return given is not None and any(given is model for model in models)


def regroups(run: ScriptRun, optimizer: Instance) -> bool:
    """The optimizer may be given other parameters later: through its groups, or by code that was not read."""
    if optimizer.unseen or any(event.method == "add_param_group" for event in run.events):
        return True
    written = (node for program in run.programs for node in nodes_of(program.body))
    return any(isinstance(node, Attribute) and node.name == "param_groups" for node in written)


def scaled(step: Event) -> tuple[Instance, Event] | None:
    """The gradient scaler that takes the step, and the call that made it, if nothing unread has it."""
    scaler = step.receiver
    if not isinstance(scaler, Instance) or scaler.cls not in SCALERS or scaler.unseen or scaler.made_by is None:
        return None
    return scaler, scaler.made_by
