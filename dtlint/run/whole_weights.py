"""Whole weights that are loaded into a module whose parameters were cut into shards.

`fully_shard` and `parallelize_module` put a DTensor in the place of each parameter.  `load_state_dict` copies into it,
and the copy of a plain tensor raises `aten.copy_.default got mixed torch.Tensor and DTensor`, with `strict=False` too;
with `assign=True` FSDP2 misses the shard in what was put there.  Seen with torch 2.13 and gloo.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.existence import asked
from dtlint.run.layers import parts_of
from dtlint.run.partitioned import reading
from dtlint.run.saving import happens
from dtlint.run.script.objects import DictObject, Instance, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.steps import NO_GRADIENTS
from dtlint.run.tensor_shards import PARALLELIZE
from dtlint.run.wrapping import DDP, FSDP, SHARD
from dtlint.value import TRUE, Truth

_LOAD: Final = "torch.load"
_CONVERTS: Final = frozenset(
    (
        "distribute_tensor", "distribute_module", "from_local", "redistribute", "register_load_state_dict_pre_hook",
        "_register_load_state_dict_pre_hook",
    )
)  # fmt: skip
"""Calls by which a script may make shards of whole tensors itself."""
_PATH: Final = "f"


@record(eq=False)
class Mixed:
    when: Truth
    load: Event
    cut: Event
    """The call since which the module holds shards."""
    source: Event
    """The call that gave the whole weights."""


def mixed(world: World) -> Iterator[Mixed]:
    """Loads of the first process that surely get whole weights; of a file only where another process reads the same
    one: a file of its own could hold its shards."""
    if len(world.followed) < 2:
        return
    (_, mine), (_, theirs) = world.followed[:2]
    if any(event.method in _CONVERTS for event in mine.events):
        return
    same = _read_by_both(mine, theirs)
    told: set[object] = set()
    for event in mine.events:
        if event.method != "load_state_dict" or event.open or event.caught or event.at in told:
            continue
        if any(context.name not in NO_GRADIENTS for context in event.contexts):
            continue
        cut, source = cut_before(mine, event), _whole(mine, event.given(0, "state_dict"))
        if cut is None or source is None or source.index > event.index:
            continue
        if source.name != _LOAD or source.place in same:
            told.add(event.at)
            yield Mixed(TRUE if _resumes(event) else happens(event), event, cut, source)


def _read_by_both(mine: ScriptRun, theirs: ScriptRun) -> set[object]:
    """Places where both read one file."""
    paths = {event.place: event.argument(_PATH) for event in theirs.called(_LOAD)}
    found = ((event.place, event.argument(_PATH)) for event in mine.called(_LOAD))
    return {place for place, path in found if place in paths and path.same(paths[place])}


def _resumes(load: Event) -> bool:
    """All that stands in its way are tests for a file, which some start finds."""
    tests = [(asked(fork), side) for fork, side in load.branches]
    return all(test is not None and test.there == side for test, side in tests)


def cut_before(run: ScriptRun, load: Event) -> Event | None:
    """The call that surely put shards into all or some parameters of the module whose method is called."""
    for event in run.called(SHARD, PARALLELIZE):
        module = event.thing("module")
        if event.index > load.index or event.open or not event.surely or module is None:
            continue
        held = isinstance(module, Instance) and any(part is load.receiver for part in parts_of(module))
        within = event.name == SHARD and held and event.thing("ignored_params") is None
        if module is load.receiver or within:
            return event
    return None


def _whole(run: ScriptRun, state: Thing | None) -> Event | None:
    """What gave a state of plain tensors: a file, or a module that nothing has cut up."""
    if isinstance(state, DictObject):
        # One plain tensor in it is enough, and those under keys that are not known are of one making.
        found = (_whole(run, entry) for entry in (*state.entries.values(), *state.others))
        return next((one for one in found if one is not None), None)
    if not isinstance(state, Unread) or state.unseen:
        return None
    read = reading(state)
    if read is not None:
        return read
    made = state.made_by
    owner = made.receiver if made is not None and made.method == "state_dict" and made.result is state else None
    if not isinstance(owner, Instance) or owner.prepared or owner.cls in (DDP, FSDP):
        return None
    cut = (event.thing("module") for event in run.called(SHARD, PARALLELIZE, FSDP))
    modules = [module for module in cut if module is not None]
    apart = all(isinstance(module, Instance) and not _shares(module, owner) for module in modules)
    return made if apart else None


def _shares(module: Instance, owner: Instance) -> bool:
    """One of both is a part of the other."""
    return any(part is owner for part in parts_of(module)) or any(part is module for part in parts_of(owner))
