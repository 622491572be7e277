"""Batch sizes of data sets that a strategy of tf.distribute hands to replicas as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.run.effects.tensorflow import DEALS, REPLICATING
from dtlint.run.script.objects import identity
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.strategies import chain
from dtlint.value import Term, Value

BATCHES: Final = ("tensorflow.data.Dataset.batch", "tensorflow.data.Dataset.padded_batch")
_COUNT: Final = "num_replicas_in_sync"


def global_batches(run: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """Batches of the size of all replicas together that are made for one of them, and the call that asks for them.

    "The tf.data.Dataset returned by dataset_fn should be batched with the per-replica batch size": the documentation of
    `distribute_datasets_from_function`.
    """
    for dealt in run.called(*(f"{strategy}.{DEALS[0]}" for strategy in REPLICATING)):
        inside = [event for event in run.called(*BATCHES) if event.index > dealt.index and dealt.at in event.stack]
        if len(inside) == 1 and inside[0].surely and times_replicas(inside[0].argument("batch_size")):
            yield inside[0], dealt


def rows_of_one_replica(run: ScriptRun, count: Value) -> bool:
    """All data sets whose batches the strategy shares out have `count` rows for each replica in a batch."""
    dealt = list(run.called(*(f"{strategy}.experimental_distribute_dataset" for strategy in REPLICATING)))
    batches = [next((call for call in chain(one.given(0, "dataset")) if call.name in BATCHES), None) for one in dealt]
    return bool(dealt) and all(
        one is not None and times_replicas(one.argument("batch_size"), identity(count)) for one in batches
    )


def times_replicas(value: Value, count: object = None) -> bool:
    """A number times the number of replicas; `count`, if that is given."""
    symbol = value.content.symbol if isinstance(value.content, Term) else None
    key = symbol.key if symbol is not None else None
    operands = key[1:] if isinstance(key, tuple) and key[0] == "*" else ()
    return any(map(_replicas, operands)) and (count is None or count in operands)


def _replicas(operand: object) -> bool:
    symbol = operand.symbol if isinstance(operand, Term) else None
    return symbol is not None and isinstance(symbol.key, tuple) and symbol.key[-1] == _COUNT
