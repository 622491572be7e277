"""Batch sizes of data sets that a strategy of tf.distribute hands to replicas as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.run.effects.tensorflow import DEALS, REPLICATING
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Term, Value

_BATCHES: Final = ("tensorflow.data.Dataset.batch", "tensorflow.data.Dataset.padded_batch")
_COUNT: Final = "num_replicas_in_sync"


def global_batches(run: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """Batches of the size of all replicas together that are made for one of them, and the call that asks for them.

    "The tf.data.Dataset returned by dataset_fn should be batched with the per-replica batch size": the documentation of
    `distribute_datasets_from_function`.
    """
    for dealt in run.called(*(f"{strategy}.{DEALS[0]}" for strategy in REPLICATING)):
        inside = [event for event in run.called(*_BATCHES) if event.index > dealt.index and dealt.at in event.stack]
        if len(inside) == 1 and inside[0].surely and _times_replicas(inside[0].argument("batch_size")):
            yield inside[0], dealt


def _times_replicas(value: Value) -> bool:
    """A number times the number of replicas."""
    symbol = value.content.symbol if isinstance(value.content, Term) else None
    key = symbol.key if symbol is not None else None
    return isinstance(key, tuple) and key[0] == "*" and any(map(_replicas, key[1:]))


def _replicas(operand: object) -> bool:
    symbol = operand.symbol if isinstance(operand, Term) else None
    return symbol is not None and isinstance(symbol.key, tuple) and symbol.key[-1] == _COUNT
