"""Training under Horovod in which nothing averages the gradients of the processes."""

from __future__ import annotations

import re
from typing import Final

from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.horovod import of_keras
from dtlint.run.script.flows import facets
from dtlint.run.script.objects import Either, ExternalMethod, Instance, ListObject, Thing, Unread, maker
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.source import Span
from dtlint.value import Reach, Value

_AVERAGES: Final = re.compile(r"allreduce|allgather|reducescatter|alltoall|Distributed|elastic|join|\.run$")
_ONE_MODEL: Final = re.compile(r"broadcast_(?:parameters|variables|global_variables)|BroadcastGlobalVariables")
_MEASURES: Final = re.compile(r"(?:tensorflow\.keras|keras)\.(?:losses|metrics)\.|torch\.nn\.\w*Loss\.__call__")
_MADE_OF: Final = (
    "torch.tensor", "torch.as_tensor", "torch.FloatTensor", "tensorflow.constant", "numpy.array", "float",
)  # fmt: skip
_OF_KERAS: Final = ("tensorflow.keras.optimizers.", "keras.optimizers.")
_TAPE: Final = "tensorflow.GradientTape"
_DEEPEST: Final = 4


@record(eq=False)
class Unaveraged:
    """Training on gradients of one process alone."""

    step: Event
    at: Span
    """Where the optimizer is made that should be wrapped, or given to the model in place of the wrapped one; or where
    the gradients are taken from a tape that should be."""
    tape: bool = False


def unaveraged(run: ScriptRun) -> Unaveraged | None:
    """A step that surely trains on gradients of this process alone, in a script that gives all processes one model.

    Without such a broadcast the processes may be meant to train models of their own.
    """
    calls = [event for event in run.events if event.name.startswith("horovod.")]
    averages = [event for event in calls if _AVERAGES.search(event.name) and not _of_a_measure(event)]
    if not all(_unused(run, event) for event in averages):
        return None
    if not any(_ONE_MODEL.search(event.name) for event in calls):
        return None
    for event in run.events:
        receiver = event.receiver
        if not event.surely or not isinstance(receiver, Instance | Unread):
            continue
        if event.method == "apply_gradients" and not averages:
            taken = _taken(run, event)
            if taken is not None:
                return Unaveraged(event, taken.at, tape=True)
        if not isinstance(receiver, Instance) or not isinstance(receiver.cls, str):
            continue
        torch = event.method == "step" and receiver.cls.rpartition(".")[0] == "torch.optim" and not receiver.unseen
        backward = (one for one in run.effects(Effect.BACKWARD) if one.surely and one.index < event.index)
        if torch and not averages and any(backward):
            return Unaveraged(event, receiver.made_by.at if receiver.made_by is not None else event.at)
        if event.method == "fit" and of_keras(receiver):
            compiled = _compiled_plainly(run, receiver)
            if compiled is not None:
                return Unaveraged(event, _chosen(compiled, wrapped=bool(averages)))
    return None


def _of_a_measure(event: Event) -> bool:
    """It averages a loss or a count over the processes, to show it: no gradients, and no weights."""
    given = event.positional[0] if event.positional and event.method == "allreduce" else None
    return given is not None and _measure(given, _DEEPEST)


def _measure(thing: Thing, deep: int) -> bool:
    """It is computed from batches by operations that give no gradient."""
    if isinstance(thing, Value) and thing.known:
        return True
    if facets(thing).content is Reach.PROCESS:
        return True
    match thing:
        case Either() if deep:
            return any(_measure(side, deep - 1) for side in thing.alternatives())
        case ListObject() if deep:
            return bool(thing.items) and all(_measure(item, deep - 1) for item in thing.items)
        case Unread(made_by=Event() as made) if deep and made.result is thing:
            inner = made.positional[0] if made.name in _MADE_OF and made.positional else None
            return _MEASURES.match(made.name) is not None or (inner is not None and _measure(inner, deep - 1))
        case _:
            return False


def _taken(run: ScriptRun, applied: Event) -> Event | None:
    """Where a plain tape gives gradients for a model of Keras, of which these surely are the only ones; the optimizer
    that applies them is one of Keras."""
    made = maker(applied.receiver)
    if made is None or not made.name.startswith(_OF_KERAS):
        return None
    gradients = [event for event in run.events if event.method == "gradient" and event.index < applied.index]
    taken = gradients[0] if len(gradients) == 1 else None
    sources = taken.given(1, "sources") if taken is not None and taken.surely else None
    model = sources.receiver if isinstance(sources, ExternalMethod) else None
    if taken is None or not isinstance(model, Instance) or not of_keras(model) or taken.loops != applied.loops:
        return None
    return taken if taken.name == f"{_TAPE}.gradient" else None


def _chosen(compiled: Event, wrapped: bool) -> Span:
    """Where the optimizer of a model of Keras is made, or given to it while another one is wrapped."""
    given = compiled.keywords.get("optimizer")
    made = maker(given)
    return compiled.argument_at("optimizer") if wrapped or made is None else made.at


def _unused(run: ScriptRun, event: Event) -> bool:
    """An optimizer of Keras is wrapped, and nobody is given the result: the one that was wrapped stays as it is
    (`create_distributed_optimizer` of horovod/_keras/__init__.py makes a new one)."""
    keras = event.method == "DistributedOptimizer" and not event.name.startswith("horovod.torch.")
    return keras and not any(event.result is thing for other in run.events for thing in other.objects)


def _compiled_plainly(run: ScriptRun, model: Instance) -> Event | None:
    """Its only `compile`, where that was given an optimizer of Keras."""
    compiled = [event for event in run.events if event.method == "compile" and event.receiver is model]
    given = compiled[0].keywords.get("optimizer") if len(compiled) == 1 else None
    if isinstance(given, Value):
        return compiled[0] if given.string is not None else None
    made = maker(given)
    return compiled[0] if made is not None and made.name.startswith(_OF_KERAS) else None
