"""Training steps written by hand for tf.distribute: what each replica does within `strategy.run`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.effects.tensorflow import REPLICATING
from dtlint.run.replica_batches import rows_of_one_replica
from dtlint.run.script.objects import External, ExternalMethod, Instance, ListObject, Thing, Unread, maker
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Value

_MEANS: Final = (
    *("tensorflow.reduce_mean", "tensorflow.math.reduce_mean", "keras.ops.mean"),
    *("tensorflow.keras.backend.mean", "keras.backend.mean"),
)
_AVERAGE: Final = "tensorflow.nn.compute_average_loss"
_OPTIMIZERS: Final = ("tensorflow.keras.optimizers.", "keras.optimizers.")
_LOSSES: Final = ("tensorflow.keras.losses.", "keras.losses.")
_PER_ROW: Final = ("tensorflow.nn.", "tensorflow.square", "tensorflow.math.", "tensorflow.abs")
_SCALING: Final = frozenset(
    (
        *(_AVERAGE, "tensorflow.nn.scale_regularization_loss"),
        *("tensorflow.math.divide", "tensorflow.math.divide_no_nan", "tensorflow.math.truediv"),
        *("tensorflow.math.multiply", "tensorflow.math.multiply_no_nan", "tensorflow.math.scalar_mul"),
        "tensorflow.math.add_n",
    )
)
"""These divide by the rows, or the number, of all replicas, or may do so."""
_ELEMENTWISE: Final = frozenset(
    (
        *("tensorflow.square", "tensorflow.abs", "tensorflow.math.square", "tensorflow.math.abs"),
        *("tensorflow.math.squared_difference", "tensorflow.nn.sigmoid_cross_entropy_with_logits"),
    )
)
_REDUCTIONS: Final = tuple(f"tensorflow.{home}reduce_{kind}" for home in ("", "math.") for kind in ("sum", "mean"))


@record(eq=False)
class ReplicaStep:
    """One call of `strategy.run` in which gradients are computed and applied."""

    run: Event
    gradient: Event
    apply: Event

    @property
    def strategy(self) -> Event | None:
        """The call that made the strategy."""
        return maker(self.run.receiver)

    @property
    def model(self) -> Thing | None:
        """The object whose `trainable_variables` are trained."""
        sources = self.gradient.given(1, "sources")
        return sources.receiver if isinstance(sources, ExternalMethod) else None


def replica_steps(run: ScriptRun) -> Iterator[ReplicaStep]:
    """Steps of which it is sure that one tape's gradients are applied by an optimizer of Keras, in some round."""
    for started in run.called(*(f"{strategy}.run" for strategy in REPLICATING)):
        inside = [event for event in run.events if event.index > started.index and started.at in event.stack]
        gradients = [event for event in inside if event.name == "tensorflow.GradientTape.gradient"]
        applied = [event for event in inside if event.method == "apply_gradients"]
        if len(gradients) == len(applied) == 1 and all(one.some_day for one in (started, gradients[0], applied[0])):
            plain = not applied[0].open and not applied[0].keywords.keys() & _LEFT_ALONE
            if _of_keras(applied[0].receiver) and plain:
                yield ReplicaStep(started, gradients[0], applied[0])
                return


_LEFT_ALONE: Final = frozenset(("experimental_aggregate_gradients", "skip_gradients_aggregation"))
"""With these an optimizer does not sum the gradients of all replicas."""


def _of_keras(optimizer: Thing | None) -> bool:
    made = maker(optimizer)
    return made is not None and made.name.startswith(_OPTIMIZERS) and made.result is optimizer


def mean_of_replica(run: ScriptRun, step: ReplicaStep) -> Event | None:
    """The mean over the rows of one replica whose gradient is taken as it is."""
    loss = step.gradient.given(0, "target")
    made = loss.made_by if isinstance(loss, Unread) else None
    if made is None or made.result is not loss or made.open:
        return None
    if made.name == _AVERAGE:
        divisor = made.given(2, "global_batch_size")
        return made if isinstance(divisor, Value) and rows_of_one_replica(run, divisor) else None
    if made.name not in _MEANS or "axis" in made.keywords:
        return None
    rows = made.positional[0] if len(made.positional) == 1 else None
    return made if _one_for_each_row(rows) else None


def _one_for_each_row(errors: Thing | None) -> bool:
    """A number for each row, or several, which a sum over the other dimensions makes one.

    A loss object of Keras gives that only if it is told not to reduce: Keras 3 divides what such an object reduces by
    the number of replicas, Keras 2 refuses to reduce within a strategy.
    """
    event = errors.made_by if isinstance(errors, Unread) else None
    if event is None or event.open or event.result is not errors or event.name in _SCALING:
        return False
    if event.name in _REDUCTIONS:
        inner = event.given(0, "input_tensor")
        return _within_rows(event.given(1, "axis"), _of_each_element(inner)) and _one_for_each_row(inner)
    receiver = event.receiver
    if isinstance(receiver, Instance):
        made = receiver.made_by
        reduction = made.keywords.get("reduction") if made is not None and event.method == "__call__" else None
        if not event.name.startswith(_LOSSES) or reduction is None:
            return False
        word = reduction.string if isinstance(reduction, Value) else None
        plain = isinstance(reduction, External) and reduction.name.endswith("Reduction.NONE")
        return plain or word in ("none", "NONE") or (isinstance(reduction, Value) and _is_none(reduction))
    return event.name.startswith((*_LOSSES, *_PER_ROW))


def _of_each_element(errors: Thing | None) -> bool:
    """The rows of what a model gives still have a dimension of their own: the last one is not that of the rows."""
    made = errors.made_by if isinstance(errors, Unread) else None
    return made is not None and made.name in _ELEMENTWISE


def _within_rows(axis: Thing | None, from_behind: bool) -> bool:
    """It goes over dimensions none of which is that of the rows, the first."""
    told = axis.items if isinstance(axis, ListObject) and axis.complete else [axis]
    places = [place.integer if isinstance(place, Value) else None for place in told]
    return bool(places) and all(place is not None and (place > 0 or (from_behind and place < 0)) for place in places)


def _is_none(value: Value) -> bool:
    return value.known and value.constant is None
