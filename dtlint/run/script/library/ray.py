"""Ray Train on paper: a prepared loader gives each worker batches of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.flows import indexed
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import Instance, Thing

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

_PREPARE: Final = "ray.train.torch.prepare_data_loader"


def _loader(machine: Caller, call: Arguments) -> Thing | None:
    """It puts a DistributedSampler into a loader over samples by number, unless it is told not to
    (`prepare_data_loader` of ray/train/torch/train_loop_utils.py)."""
    loader = machine.settle(call.given(0, "data_loader"))
    told = call.open or "add_dist_sampler" in call.keywords or len(call.positional) > 1
    if told or not isinstance(loader, Instance) or not indexed(loader.attributes.get("dataset")):
        return None
    event = machine.record(
        _PREPARE, call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
    )
    loader.prepared = True
    event.result = loader
    return loader


FUNCTIONS: Final[dict[str, Function]] = {_PREPARE: _loader}
