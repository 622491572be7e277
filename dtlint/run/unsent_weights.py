"""Weights that one process alone loads into a module, which each process then cuts its own shards from.

FSDP takes the parameters that a process has; only `sync_module_states=True` sends those of rank 0 to the others first
(torch/distributed/fsdp/fully_sharded_data_parallel.py).  `fully_shard` has no such switch (torch 2.13).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import may_meet
from dtlint.run.handover import pair
from dtlint.run.layers import parts_of
from dtlint.run.script.objects import Instance, maker
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import FSDP, SHARD
from dtlint.value import TRUE, Truth, known

_SHARES: Final = ("broadcast", "scatter", "gather", "send", "recv", "sync", "set_model_state_dict", "load", "copy_")
"""Parts of the names of calls by which weights may come to a process, or to its shards."""
_READS: Final = ("torch.load", "json.load", "yaml.safe_load", "pickle.load")
_ALONE: Final = frozenset(("transformers", "datasets", "tokenizers", "peft"))
"""What is called of them without a row makes models and data, and meets no process."""
_PRETRAINED: Final = "from_pretrained"
_CONFIGURED: Final = ("from_config", "_from_config")


@record(eq=False)
class Unsent:
    """A module with the weights of a file in one process, and with random ones in another."""

    filled: Event
    """The call that loads them."""
    wrap: Event
    first: Process
    second: Process
    unsent: Truth
    """The wrap surely sends none."""


def unsent_weights(world: World) -> Iterator[Unsent]:
    """The first module of the first two processes; none where the second may load weights in another way."""
    followed = pair(world)
    if followed is None:
        return
    (first, mine), (second, theirs) = followed
    wraps = list(mine.called(FSDP, SHARD))
    for wrap in wraps:
        other = next((one for one in theirs.called(FSDP, SHARD) if one.place == wrap.place), None)
        if other is None or wrap.open or not wrap.surely or not other.surely:
            continue
        filled = _filled(mine, wrap, theirs, other)
        if filled is None or any(_may_share(event, filled) for event in (*mine.events, *theirs.events)):
            continue
        if any(event.name == f"{FSDP}.__call__" or _forward(event, other) for event in theirs.events):
            yield Unsent(filled, wrap, first, second, _silent(wrap))
            return


def _filled(mine: ScriptRun, wrap: Event, theirs: ScriptRun, other: Event) -> Event | None:
    """The call by which this process alone has weights in what is wrapped."""
    module = wrap.thing("module")
    places = {event.place for event in theirs.events}
    for put in mine.events:
        if put.method == "load_state_dict" and put.index < wrap.index and put.place not in places and put.surely:
            inner = put.receiver
            if isinstance(module, Instance) and any(part is inner for part in (module, *parts_of(module))):
                return put
    made, there = maker(module), maker(other.thing("module"))
    if made is not None and there is not None and made.surely and there.surely:
        pretrained = made.method == _PRETRAINED and there.method in _CONFIGURED
        return made if pretrained and made.place not in places else None
    return None


def _may_share(event: Event, filled: Event) -> bool:
    """Weights may come to the other process by it."""
    package = event.name.partition(".")[0]
    if event.at == filled.at or event.name in _READS or package in _ALONE or event.name.startswith("torch.cuda."):
        return False
    if event.row is None and package != "?" and not _of_fsdp(event) and may_meet(event):
        return True
    return any(part in event.method for part in _SHARES)


def _of_fsdp(event: Event) -> bool:
    """A method of the wrapper, or a policy or a configuration that is made for it."""
    if event.name.startswith(f"{FSDP}."):
        return event.method != "summon_full_params"
    return event.name.startswith("torch.distributed.fsdp.") and event.method[:1].isupper()


def _forward(event: Event, wrap: Event) -> bool:
    return event.method == "__call__" and event.receiver is not None and event.receiver is wrap.thing("module")


def _silent(wrap: Event) -> Truth:
    if wrap.name == SHARD:
        return TRUE
    return ~(wrap.argument("sync_module_states").or_default(known(False)) == True)  # noqa: E712
