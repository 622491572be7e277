"""Training steps under Horovod's optimizer for torch: what happens to gradients while it averages them.

`backward` starts to average each gradient as soon as it is there, and `step` (or `synchronize`) waits for that:
`_make_hook`, `synchronize` and `step` of `_DistributedOptimizer` in horovod/torch/optimizer.py (0.28).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.script.objects import Instance, Thing, Unread
from dtlint.run.script.trace import Event, Fork, Repeat, ScriptRun
from dtlint.run.wrapping import parameters_of
from dtlint.value import How, Term, Value, known

OPTIMIZER: Final = "horovod.torch.DistributedOptimizer"


@record(eq=False)
class AveragedStep:
    """A backward pass, and the step that waits for the averages of its gradients."""

    wrap: Event
    """The call that made the optimizer Horovod's."""
    backward: Event
    step: Event
    between: tuple[Event, ...]

    @property
    def passes(self) -> Value:
        """Backward passes that the optimizer expects before each step."""
        return self.wrap.argument("backward_passes_per_step").or_default(known(1))


def averaged_steps(run: ScriptRun) -> Iterator[AveragedStep]:
    """Each backward pass that every round of a script with one optimizer comes to, with the first step behind it."""
    if len([event for event in run.events if event.row and Effect.BUILDS_OPTIMIZER in event.row.effects]) != 1:
        return
    steps = [(event, wrapped(event)) for event in run.events if event.method == "step"]
    for backward in run.effects(Effect.BACKWARD):
        found = next(((step, wrap) for step, wrap in steps if step.index > backward.index and wrap is not None), None)
        if found is None or not backward.loops or not found[0].loops or not all(map(_goes_on, backward.branches)):
            continue
        step, wrap = found
        if not wrap.open and wrap.surely:
            between = tuple(event for event in run.events if backward.index < event.index < step.index)
            yield AveragedStep(wrap, backward, step, between)


def averaged_again(run: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """Steps that average what a `synchronize` has averaged, and that call: nothing of the optimizer is between them,
    no backward pass, and no `skip_synchronize` around the step."""
    for found in averaged_steps(run):
        step = found.step
        wait = next((event for event in reversed(found.between) if event.receiver is step.receiver), None)
        if wait is None or wait.method != "synchronize" or not wait.surely or not step.surely:
            continue
        skips = any(one.method == "skip_synchronize" for one in step.contexts)
        later = [event for event in run.effects(Effect.BACKWARD) if wait.index < event.index < step.index]
        usual = found.wrap.thing("op") is None and not step.keywords and not step.positional
        if usual and not skips and not later and wait.loops == step.loops == found.backward.loops:
            yield step, wait


def wrapped(step: Event) -> Event | None:
    """The call of Horovod that made the optimizer which is stepped."""
    receiver = step.receiver
    made = receiver.made_by if isinstance(receiver, Instance) and receiver.cls == OPTIMIZER else None
    return made if made is not None and made.name == OPTIMIZER else None


def of_optimizer(parameters: Thing | None, wrap: Event) -> bool:
    """They are all parameters of the module whose parameters the optimizer has."""
    own = parameters_of(parameters)
    return own is not None and trains(wrap, own)


def trains(wrap: Event, module: Thing) -> bool:
    """The optimizer that became Horovod's has all parameters of the module."""
    inner = wrap.thing("optimizer")
    return isinstance(inner, Instance) and parameters_of(inner.attributes.get("params")) is module


def passes_between_steps(backward: Event, step: Event) -> Value | None:
    """Backward passes from one step to the next; None where that is not one number.

    The step stands behind a loop of backward passes, or under `(i + 1) % n == 0` in the loop of both.
    """
    inner = backward.loops[len(step.loops) :]
    asked = [branch for branch in step.branches if branch not in backward.branches or not _goes_on(branch)]
    if backward.loops[: len(step.loops)] == step.loops and len(inner) == 1 and not asked:
        return _rounds(inner[0])
    if backward.loops == step.loops and len(asked) == 1:
        fork, side = asked[0]
        return _one_in(fork) if side == 0 else None
    return None


def _goes_on(branch: tuple[Fork, int]) -> bool:
    """The side of a condition on which the loop goes on, where the other one only ends it."""
    fork, side = branch
    return fork.ends[1 - side] == "break" and fork.ends[side] == ""


def _rounds(loop: Repeat) -> Value | None:
    return loop.count if loop.count.integer is not None else None


def divisor_of(fork: Fork) -> Term | None:
    """The n of a condition `… % n == 0`."""
    symbol = fork.value.content.symbol if isinstance(fork.value.content, Term) else None
    key = symbol.key if symbol is not None else None
    if not isinstance(key, tuple) or key[0] != "==" or not isinstance(key[1], Term):
        return None
    remainder = key[1].symbol
    return remainder.operands[1] if remainder is not None and remainder.operation == "%" else None


def _one_in(fork: Fork) -> Value | None:
    """That n, where it is known."""
    term = divisor_of(fork)
    divisor = term.constant if term is not None else None
    if divisor is None or divisor != int(divisor):
        return None
    said = (step for step in fork.value.trail if step.how is not How.WRITTEN or step.text == str(divisor))
    return known(int(divisor), *said)


def parameters_listed(thing: Thing | None) -> str:
    """How `module.parameters()` or the module itself was given, where a list or a dict is wanted; empty for others."""
    if isinstance(thing, Instance):
        modules = any(name.startswith(("torch.nn.", "torchvision.models.")) for name in thing.class_names)
        return "the module itself" if modules and not thing.unseen else ""
    made = thing.made_by if isinstance(thing, Unread) else None
    owner = made.receiver if made is not None and made.result is thing else None
    if made is None or made.method not in ("parameters", "named_parameters") or not isinstance(owner, Instance):
        return ""
    modules = any(name.startswith(("torch.nn.", "torchvision.models.")) for name in owner.class_names)
    return f"the generator {made.method}()" if modules else ""
