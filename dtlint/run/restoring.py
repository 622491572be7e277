"""What a script restores from a checkpoint that it (or a script beside it) saves itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.devices import Use, gpu, neighbours, uses
from dtlint.run.effects import Effect
from dtlint.run.saving import answered
from dtlint.run.script.objects import ClassObject, DictObject, Either, Instance, Thing, Unread
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.run.wrapping import DDP
from dtlint.run.writers import same_file
from dtlint.value import Kind, Reach, Value

_LOAD: Final = "torch.load"
_SAVE: Final = "torch.save"
_PREFIXING: Final = (DDP, "torch.nn.DataParallel")
"""Wrappers whose `state_dict()` has `module.` before every name."""
_PEEKS: Final = frozenset(("load_state_dict", "get", "print", "info", "debug", "warning", "len"))
"""Calls that leave the names in a loaded state as they are."""


@record(eq=False)
class Restored:
    """`thing.load_state_dict(torch.load(path)[…])`."""

    load: Event
    put: Event

    @property
    def path(self) -> Value:
        return self.load.argument("f")


@record(eq=False)
class Misplaced:
    """A load that puts tensors onto the GPU of the process that saved them, in a process that works on another."""

    load: Event
    save: Event
    saver: Process
    loader: Process
    there: Value
    """Index of the GPU that they come to."""
    own: Value
    """Index of the GPU that the loading process works on."""


@record(eq=False)
class Crowded:
    """A load onto one GPU that it names, by all processes of a host, in one of those that work on another."""

    load: Event
    loader: Process
    there: Value
    own: Value


@record(eq=False)
class Misnamed:
    """A state whose names begin with `module.` where they must not, or do not where they must."""

    put: Event
    save: Event
    wrapped: bool
    """The saved names have the prefix."""


def restored(run: ScriptRun) -> Iterator[Restored]:
    for event in run.events:
        if event.method != "load_state_dict" or event.open or not event.positional:
            continue
        given = event.positional[0]
        made = given.made_by if isinstance(given, Unread) else None
        if made is not None and made.name == _LOAD:
            yield Restored(made, event)


def saved(run: ScriptRun) -> Iterator[tuple[Event, list[Event]]]:
    """Each `torch.save`, with the `state_dict()` calls whose results it surely writes as they are."""
    for event in run.called(_SAVE):
        yield event, [made for made in _made(event.thing("obj")) if made.method == "state_dict"]


def _made(thing: Thing | None) -> Iterator[Event]:
    match thing:
        case DictObject():
            for entry in thing.entries.values():
                yield from _made(entry)
        case Unread(made_by=Event() as made) if made.result is thing:
            yield made
        case _:
            pass


# -- onto which GPU


def misplaced(world: World) -> Iterator[Misplaced]:
    """Loads without `map_location` that several processes of one host make, of GPU tensors that one of them saves."""
    told: set[object] = set()
    for here, there, mine, theirs in _together(world):
        load = mine.load
        if load.place in told or here.run is None or there.run is None:
            continue
        if not all(_as_saved(one.load) for one in (mine, theirs)) or not same_file(mine.path, theirs.path):
            continue
        own = _gpu(there.run, theirs.put.receiver)
        for save, states in saved(here.run):
            if not (same_file(save.argument("f"), mine.path) or _continues(here.run, load, states)):
                continue
            index = next((on for state in states if (on := _gpu(here.run, state.receiver)) is not None), None)
            if index is not None and own is not None and (index != own).always:
                told.add(load.place)
                yield Misplaced(theirs.load, save, here, there, index, own)
                break


def crowded(world: World) -> Iterator[Crowded]:
    """Loads whose `map_location` names one GPU in several processes of one host."""
    told: set[object] = set()
    for _, loader, mine, theirs in _together(world):
        there, beside = _named(mine.load), _named(theirs.load)
        if mine.load.place in told or loader.run is None or there is None or beside is None:
            continue
        own = _gpu(loader.run, theirs.put.receiver)
        if there.integer is not None and there.integer == beside.integer and own is not None and (own != there).always:
            told.add(mine.load.place)
            yield Crowded(theirs.load, loader, beside, own)


def _named(load: Event) -> Value | None:
    """The GPU that it is told to load onto."""
    thing = None if load.open else load.thing("map_location")
    return gpu(thing) if thing is not None else None


def _together(world: World) -> Iterator[tuple[Process, Process, Restored, Restored]]:
    """What two processes of one host both restore, at the same places and under the same conditions."""
    pair = neighbours(world)
    if pair is None or pair[0].run is None or pair[1].run is None:
        return
    for mine in restored(pair[0].run):
        theirs = next((one for one in restored(pair[1].run) if one.put.place == mine.put.place), None)
        if theirs is None or theirs.load.place != mine.load.place or not _both_come(mine.load, theirs.load):
            continue
        yield *pair, mine, theirs


def _continues(run: ScriptRun, load: Event, states: list[Event]) -> bool:
    """What is loaded is what is saved: the states of the same model and the same optimizer are in both."""
    put = [one.put.receiver for one in restored(run) if one.load is load]
    kept = [state.receiver for state in states]
    same = [thing for thing in put if any(_bare(thing) is _bare(other) for other in kept)]
    return len(same) > 1 and any(optimizer(thing) for thing in same)


def optimizer(thing: Thing | None) -> bool:
    """It is an optimizer of torch, or Horovod's around one."""
    return isinstance(thing, Instance) and any(
        (name.startswith("torch.optim.") and "lr_scheduler" not in name) or name == "horovod.torch.DistributedOptimizer"
        for name in thing.class_names
    )


def _as_saved(load: Event) -> bool:
    """Nothing says where the tensors go."""
    return load.argument("map_location").is_absent and not load.contexts


def _both_come(mine: Event, theirs: Event) -> bool:
    """Who comes to the call is not a matter of ranks: what the conditions ask is the same for all processes of a host,
    or one unknown for both, as an option that all of them find in one command line."""
    if len(mine.branches) != len(theirs.branches):
        return False
    pairs = zip(mine.branches, theirs.branches, strict=True)
    return all(
        side == other and ((_shared(fork) and _shared(beside)) or fork.value.same(beside.value))
        for (fork, side), (beside, other) in pairs
    )


def comes_to_all(event: Event) -> bool:
    """The conditions around the call are the same for all processes of a host, as whether a file is there."""
    return all(_shared(fork) for fork, _ in event.branches)


def _shared(fork: Fork) -> bool:
    symbols = list(fork.value.symbols())
    if not symbols:
        return fork.value.reach is not Reach.UNSEEN
    return all(
        symbol.reach is Reach.UNIFORM or symbol.kind is Kind.CHANCE or _of_files(symbol.key) for symbol in symbols
    )


def _of_files(key: object) -> bool:
    while isinstance(key, tuple) and len(key) == 2 and key[0] == "not":
        key = key[1]
    return isinstance(key, tuple) and bool(key) and key[0] == "exists"


def _gpu(run: ScriptRun, thing: Thing | None) -> Value | None:
    """The GPU on which the module stands from beginning to end; None if it may be none or another."""
    told = _wrapped_on(thing)
    if told is not None:
        return told
    module = _bare(thing)
    if not isinstance(module, Instance):
        return None
    if any(event.receiver is module and event.method in ("cpu", "to_empty") for event in run.events):
        return None
    current: Value | None = None
    found: list[Value] = []
    for use in uses(run):
        if use.binds:
            current = use.index
        if _places(use, module):
            index = current if use.index.is_absent else use.index
            if index is None or index.integer is None:
                return None
            found.append(index)
    return found[0] if found and all(index.same(found[0]) for index in found) else None


def _wrapped_on(thing: Thing | None) -> Value | None:
    """The one GPU that DDP is told in `device_ids`: it refuses a module that stands elsewhere."""
    made = thing.made_by if isinstance(thing, Instance) and thing.is_a(DDP) else None
    told = made.thing("device_ids") if made is not None and made.surely else None
    index = gpu(told) if told is not None else None
    return index if index is not None and index.integer is not None else None


def _places(use: Use, module: Thing) -> bool:
    event = use.event
    row = event.row
    if row is not None and Effect.MOVES in row.effects:
        return event.receiver is module
    return event.name == DDP and event.thing("module") is module


def _bare(thing: Thing | None) -> Thing | None:
    """The module behind DDP or DataParallel."""
    while isinstance(thing, Instance) and any(thing.is_a(name) for name in _PREFIXING) and thing.made_by is not None:
        thing = thing.made_by.thing("module")
    return thing


# -- under which names


def misnamed(processes: list[Process]) -> Iterator[Misnamed]:
    """States that are saved with one form of a model and strictly loaded into the other."""
    runs = [(process, process.run) for process in processes if process.run is not None]
    told: set[object] = set()
    for loader, run in runs:
        for one in restored(run):
            if one.put.at in told or not _strict(one) or _renamed(run, one.load) or answered(run, one.put):
                continue
            fits = [
                (save, fit)
                for saver, other in runs
                if saver.exec.directory.same(loader.exec.directory)
                for save, states in saved(other)
                if same_file(save.argument("f"), one.path)
                for fit in [_fit(one.put.receiver, states)]
            ]
            if fits and all(fit is False for _, fit in fits):
                told.add(one.put.at)
                yield Misnamed(one.put, fits[0][0], not prefixed(one.put.receiver))


def _strict(one: Restored) -> bool:
    return len(one.put.positional) == 1 and one.put.argument("strict").is_absent


def _renamed(run: ScriptRun, load: Event) -> bool:
    """Something else was done with what was loaded: the names may have been changed."""
    for event in run.events:
        things = (event.receiver, *event.positional, *event.keywords.values())
        if event.method not in _PEEKS and any(_from(thing, load) for thing in things):
            return True
    return False


def _from(thing: Thing | None, load: Event) -> bool:
    if isinstance(thing, Either):
        return any(_from(side, load) for side in thing.alternatives())
    return isinstance(thing, Unread) and thing.made_by is load


def _fit(target: Thing | None, states: list[Event]) -> bool | None:
    """Whether the one state of such a model that is saved has the names that `target` expects; None if unknown."""
    alike = [state for state in states if kind(_bare(state.receiver)) == kind(_bare(target)) is not None]
    if len(alike) != 1 or alike[0].open or alike[0].positional or alike[0].keywords:
        return None
    return prefixed(alike[0].receiver) == prefixed(target)


def prefixed(thing: Thing | None) -> bool:
    return isinstance(thing, Instance) and any(thing.is_a(name) for name in _PREFIXING)


def kind(thing: Thing | None) -> object:
    """Class of a module that is no wrapper of any sort; None where it is not known."""
    match thing:
        case Instance(cls=ClassObject() as cls):
            own = cls.lookup("state_dict") is not None or cls.lookup("load_state_dict") is not None
            return None if own else (cls.module.path, cls.name)
        case Instance(cls=str(name)) if name.startswith("torch.nn.") and "parallel" not in name:
            return name
        case _:
            return None
