"""Parts of a data set that a script cuts out for each rank itself, and the loops that go over them in step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.array_rows import counted
from dtlint.run.collectives import meets_all
from dtlint.run.epochs import Pass, passes
from dtlint.run.horovod_steps import OPTIMIZER as HOROVOD
from dtlint.run.script.objects import Instance, Iteration, ListObject, RangeObject, Thing, Unread, as_value
from dtlint.run.script.trace import Event, Fork, Node, Repeat, ScriptRun, repeats
from dtlint.run.slices import Cut, counts_what_is_over, dealt_by_slice, dealt_out
from dtlint.run.wrapping import DDP, FSDP, gathers_each_time, sharded
from dtlint.source import Span
from dtlint.value import Term, Value, known, unknown

_ENGINE: Final = "deepspeed.runtime.engine.DeepSpeedEngine"
FULLY_SHARD: Final = "torch.distributed.fsdp.fully_shard"
_COUNTS: Final = ("numpy.arange", "torch.arange")
ENDS: Final = ("break", "return")


@record(eq=False)
class Stride:
    """Every `step`-th sample from `start` on."""

    start: Value
    stop: Value
    step: Value
    at: Span
    what: str = "sample"
    """What it is that is picked."""

    def length(self) -> int | None:
        """Number of samples in it, where that is known."""
        start, stop, step = self.start.integer, self.stop.integer, self.step.integer
        return len(range(start, stop, step)) if start is not None and stop is not None and step else None


@record(eq=False)
class Uneven:
    """A loop in which processes meet, and which they leave after different numbers of rounds for some sizes of data."""

    stride: Stride
    loop: Repeat
    meeting: Event
    first: Process
    second: Process


def uneven(world: World) -> Iterator[Uneven]:
    """One for each loop over a loader whose samples each process picks with a stride from its own rank on."""
    followed = world.followed
    if len(followed) < 2 or any(joins(run) for _, run in followed):
        return
    (first, mine), *others = followed
    told: set[Span] = set()
    for one in passes(mine) if not counts_what_is_over(mine) else ():
        stride, met = _stride(one.loader, mine), meeting(one, mine)
        if stride is None or met is None or one.loop.at in told or not to_the_end(one.loop):
            continue
        for second, theirs in others:
            there = [other.loader for other in passes(theirs) if other.loop.at == one.loop.at]
            if there and all(_apart(one.loader, stride, loader, _stride(loader, theirs)) for loader in there):
                told.add(one.loop.at)
                yield Uneven(stride, one.loop, met, first, second)
                break
    yield from _over_lists(first, mine, *others[0])


def _over_lists(first: Process, mine: ScriptRun, second: Process, theirs: ScriptRun) -> Iterator[Uneven]:
    """Loops over a list itself of which each process has a slice, such as its files."""
    there = {loop.at: loop for loop in repeats(theirs.trace)}
    for loop in repeats(mine.trace) if not counts_what_is_over(mine) else ():
        stride, other = _of_list(loop), there.get(loop.at)
        met = _met(loop, any(event.method == "backward" for event in loop.body if isinstance(event, Event)), mine)
        beside = _of_list(other) if other is not None else None
        if stride is None or beside is None or met is None or not to_the_end(loop):
            continue
        if _one_more(stride, beside):
            yield Uneven(stride, loop, met, first, second)
            return


def _stride(loader: Instance, run: ScriptRun) -> Stride | None:
    """The numbers of a loader's samples: of its sampler, or of the `Subset` that is its data set."""
    for name, cls in (("sampler", "SubsetRandomSampler"), ("dataset", "Subset")):
        holder = loader.attributes.get(name)
        if isinstance(holder, Instance) and holder.cls == f"torch.utils.data.{cls}" and holder.made_by is not None:
            return _strided(holder.made_by.thing("indices"), holder.made_by.argument_at("indices"), run)
    cut = dealt_by_slice(loader.attributes.get("dataset"))
    return _of_cut(cut) if cut is not None else None


def _of_list(loop: Repeat) -> Stride | None:
    cut = dealt_out(_source(loop))
    return _of_cut(cut) if cut is not None else None


def _of_cut(cut: Cut) -> Stride:
    stop = unknown("the number of all", key=("len", cut.part.of), low=0, whole=True)
    return Stride(cut.part.first, stop, cut.part.step, cut.part.at, cut.what)


def _strided(indices: Thing | None, at: Span, run: ScriptRun) -> Stride | None:
    match indices:
        case RangeObject(start=start, stop=stop, step=step):
            rows = counted(run, stop)
            return Stride(start, stop if rows is None else known(rows, *stop.trail), step, at)
        case ListObject(items=(), sources=(source,)):
            return _strided(source, at, run)
        case Unread(made_by=Event(name=name, positional=(start, stop, step, *_)) as made) if name in _COUNTS:
            return Stride(as_value(start), as_value(stop), as_value(step), made.at)
        case _:
            return None


def _apart(loader: Instance, mine: Stride, other: Instance, theirs: Stride | None) -> bool:
    """One may get a sample more, and a batch more for it."""
    if theirs is None:
        return False
    lengths = mine.length(), theirs.length()
    if None in lengths:
        return _one_more(mine, theirs)
    rounds = _batches(loader, lengths[0]), _batches(other, lengths[1])
    return None not in rounds and rounds[0] != rounds[1]


def _one_more(mine: Stride, theirs: Stride) -> bool:
    """Of a number that nobody knows: both begin within one step at different numbers, so that one may get one more."""
    left, right = mine.start.integer, theirs.start.integer
    if left is None or right is None or left == right or not mine.step.same(theirs.step):
        return False
    return _as_it_comes(mine.stop) and (mine.step > max(left, right)).always


def _batches(loader: Instance, samples: int | None) -> int | None:
    """Of so many samples, where the loader's batches are known."""
    made = loader.made_by
    if made is None or made.open or samples is None or made.thing("batch_sampler") is not None:
        return None
    size, drops = made.argument("batch_size").or_default(known(1)).integer, made.argument("drop_last")
    whole = drops.or_default(known(False)).constant
    return None if not size or whole is None else samples // size if whole else -(-samples // size)


def _as_it_comes(stop: Value) -> bool:
    """The number of samples is that of the data, and nothing has made it fit the number of processes."""
    symbol = stop.content.symbol if isinstance(stop.content, Term) else None
    return symbol is not None and isinstance(symbol.key, tuple) and symbol.key[:1] == ("len",)


def to_the_end(loop: Repeat) -> bool:
    """Nothing ends the loop but the data: no shorter partner, no jump out of it."""
    return isinstance(_source(loop), Instance | Unread) and not any(end in ENDS for end in exits(loop.body))


def _source(loop: Repeat) -> Thing | None:
    """What it goes over, without `enumerate` and its kin; None where that is several things."""
    source = loop.iterable
    while isinstance(source, Iteration):
        source = source.sources[0] if len(source.sources) == 1 else None
    return source


def exits(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Fork):
            yield from node.ends
            yield from exits((*node.then, *node.otherwise))
        elif isinstance(node, Repeat):
            yield from exits(node.body)


def meeting(one: Pass, run: ScriptRun) -> Event | None:
    """The first call in each round that surely waits for all processes."""
    return _met(one.loop, one.trains, run)


def _met(loop: Repeat, trains: bool, run: ScriptRun) -> Event | None:
    calls = [event for event in run.called(FULLY_SHARD) if event.thing("reshard_after_forward") is None]
    shards = {id(event.thing("module")) for event in calls}
    for node in loop.body:
        if isinstance(node, Event) and (meets_all(node) or _model_meets(node, trains, run, shards)):
            return node
    return None


def _model_meets(event: Event, trains: bool, run: ScriptRun, shards: set[int]) -> bool:
    """A forward pass brings the shards of layers together, and after a backward pass those of the outermost module."""
    receiver = event.receiver
    if not isinstance(receiver, Instance) or any(context.method == "no_sync" for context in event.contexts):
        return False
    match event.name.rpartition("."):
        case (owner, _, "__call__") if owner == FSDP:
            made = receiver.made_by
            return made is not None and sharded(made) and (trains or gathers_each_time(made, run))
        case (owner, _, "__call__") if owner == DDP:
            return trains
        case (owner, _, "backward" | "step") if owner == _ENGINE:
            return True
        case (owner, _, "step" | "synchronize") if owner == HOROVOD:
            return trains
        case (_, _, "__call__"):
            return id(receiver) in shards and (trains or len(shards) > 1)
        case _:
            return False


def joins(run: ScriptRun) -> bool:
    """Ranks that run out of data are waited for no longer: `with model.join()`, `hvd.join()`, `Join([…])`."""
    return any(event.method in ("join", "Join") and event.name.partition(".")[0] in ("torch", "horovod")
               for event in run.events)  # fmt: skip
