"""Options of tf.data, whose parts are objects that scripts set attributes of; and a loader of PaddlePaddle, called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import Instance, Thing

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller


def _options(machine: Caller, call: Arguments) -> Thing | None:
    event = machine.record(
        "tensorflow.data.Options", call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
    )
    distribution = Instance("tensorflow.data.experimental.DistributeOptions", complete=False)
    return Instance(event.name, {"experimental_distribute": distribution}, made_by=event, complete=False)


def _itself(machine: Caller, call: Arguments) -> Thing | None:
    """`for batch in loader():` goes over the loader (`DataLoader.__call__` of python/paddle/io/reader.py)."""
    return call.get(0)


FUNCTIONS: Final[dict[str, Function]] = {
    "tensorflow.data.Options": _options,
    "paddle.io.DataLoader.__call__": _itself,
}
