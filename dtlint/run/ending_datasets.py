"""Data sets of tf.data that `fit` uses up before its last epoch, since nobody repeats them.

With `steps_per_epoch` Keras begins a data set anew in each epoch only where it has just as many batches
(`DatasetAdapter.should_recreate_iterator` of tf_keras/src/engine/data_adapter.py), and never one that a strategy has
dealt out.  Seen with TensorFlow 2.21, tf_keras 2.21 and two workers: training stops in the epoch that finds no batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.array_rows import counted, rows_of
from dtlint.run.effects.tensorflow import DATASET, STRATEGY
from dtlint.run.replica_batches import BATCHES
from dtlint.run.script.objects import Instance, as_value, maker
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.strategies import chain, policy
from dtlint.value import Term, Value, known

_KEEPS: Final = frozenset(("prefetch", "cache", "shuffle", "map", "enumerate"))
"""Steps behind which there are as many elements as before."""
_POLICIES: Final = ("AUTO", "DATA")
_MODELS: Final = ("tensorflow.keras.", "keras.", "tf_keras.")


@record(eq=False)
class Ending:
    """A data set that has too few batches for all epochs."""

    fit: Event
    batched: Event
    batches: int
    steps: int
    epochs: int


def ending(run: ScriptRun) -> Iterator[Ending]:
    """One for each call of `fit` under MultiWorkerMirroredStrategy."""
    if not any(event.surely for event in run.called(STRATEGY)):
        return
    for fit in run.events:
        trained = fit.receiver
        if fit.method != "fit" or not fit.surely or fit.open or not isinstance(trained, Instance):
            continue
        given = fit.given(0, "x")
        dealt = maker(given)
        by_hand = dealt is not None and dealt.method == "experimental_distribute_dataset"
        calls = list(chain(dealt.given(0, "dataset") if dealt is not None and by_hand else given))
        batches, batched = _elements(calls), next((call for call in calls if call.name in BATCHES), None)
        steps, epochs = _steps(run, fit), _epochs(fit)
        if batches is None or batched is None or not steps or epochs is None or not _of_keras(trained):
            continue
        if steps * epochs > batches and (by_hand or steps != batches):
            yield Ending(fit, batched, batches, steps, epochs)


def _epochs(fit: Event) -> int | None:
    """How many it goes through, from the first one on; None where that is not known, or it begins in the midst."""
    begun = as_value(fit.keywords.get("initial_epoch", known(0))).integer
    return as_value(fit.keywords.get("epochs", known(1))).integer if begun == 0 else None


def _of_keras(model: Instance) -> bool:
    return any(name.startswith(_MODELS) for name in model.class_names)


def _elements(calls: list[Event]) -> int | None:
    """How many there are behind the first of these calls, the last one that made the data set."""
    if not calls or any(call.open or not call.surely for call in calls):
        return None
    last, before = calls[0], calls[1:]
    if last.name == f"{DATASET}.from_tensor_slices":
        return rows_of(last.thing("tensors"))
    found = _elements(before)
    if last.method == "with_options":
        return found if policy(last.thing("options")) in _POLICIES else None
    if last.method in _KEEPS or found is None:
        return found if last.method in _KEEPS else None
    if last.name in BATCHES:
        size, rest = last.argument("batch_size").integer, last.argument("drop_remainder")
        whole = rest.constant if rest.known else False if rest.is_absent else None
        return None if not size or whole is None else found // size if whole else -(-found // size)
    taken = last.argument("count").integer if last.method == "take" else None
    return min(found, taken) if taken is not None and taken >= 0 else None


def _steps(run: ScriptRun, fit: Event) -> int | None:
    """Steps of an epoch: a number, or `len(x) // n` of an array whose rows are known."""
    given = fit.keywords.get("steps_per_epoch")
    value = as_value(given) if given is not None else None
    if value is None or value.integer is not None:
        return value.integer if value is not None else None
    symbol = value.content.symbol if isinstance(value.content, Term) else None
    if symbol is None or symbol.operation != "//":
        return None
    count, divisor = symbol.operands
    rows, whole = counted(run, Value(count)), divisor.constant
    return rows // int(whole) if rows is not None and whole is not None and whole >= 1 else None
