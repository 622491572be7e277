"""Which data loaders a script goes over to train, and what goes round them: the epochs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.script.objects import (
    DictObject,
    Either,
    ExternalMethod,
    Instance,
    Iteration,
    ListObject,
    Pending,
    Thing,
)
from dtlint.run.script.trace import Event, Fork, Node, Repeat, ScriptRun
from dtlint.source import Span

LOADER = "torch.utils.data.DataLoader"


@record(eq=False)
class Pass:
    """One place where a script goes over a torch loader."""

    loader: Instance
    loop: Repeat
    around: tuple[Repeat, ...]
    """Loops around it, outermost first."""
    trains: bool
    """A backward pass is among what each round does."""
    again: bool
    """The same loop went over the same loader before: a short loop around it was followed round by round."""

    def epochs(self, made: Event) -> Repeat | None:
        """The innermost loop around this one that may go round more than once and that `made`, the call that made the
        loader or its sampler, does not stand in; the pass itself if it is there `again`; None if there is no such."""
        for repeat in reversed(self.around):
            if any(repeat is loop for loop in made.loops):
                break
            if not (repeat.count <= 1).always:
                return repeat
        return self.loop if self.again else None


def untold(run: ScriptRun) -> Iterator[tuple[Event, str, Instance]]:
    """Calls of `set_epoch` that surely fail, since neither a torch loader nor the samplers that it makes have such a
    method: the call, what lacks it, and the loader.  Seen with torch 2.13."""
    if any(run.called("ray.train.torch.prepare_data_loader")):
        return
    for event in run.events:
        if event.method != "set_epoch" or not event.surely or event.caught:
            continue
        receiver, part = event.receiver, ""
        if isinstance(receiver, ExternalMethod):
            part = receiver.method
            receiver = receiver.receiver
        if not isinstance(receiver, Instance) or receiver.cls != LOADER or receiver.unseen or receiver.prepared:
            continue
        lacking = _lacking(receiver, part)
        if lacking is not None:
            yield event, lacking, receiver


def _lacking(loader: Instance, part: str) -> str | None:
    """What has no `set_epoch`: the loader itself, or a part of it that torch makes; None where that is not known."""
    made = loader.made_by
    if not part:
        return "a DataLoader"
    if made is None or made.open or made.thing("batch_sampler") is not None:
        return None
    if part == "batch_sampler":
        return "the BatchSampler of a DataLoader"
    if part == "sampler" and made.thing("sampler") is None:
        return "the sampler that a DataLoader makes where it is given none"
    return None


def prepared(run: ScriptRun, loader: Instance) -> Event | None:
    """The call by which Ray puts a DistributedSampler into the loader, in place of the one that it was made with."""
    made = loader.made_by
    if made is None or made.open or any(made.thing(name) is not None for name in ("sampler", "batch_sampler")):
        return None
    for event in run.called("ray.train.torch.prepare_data_loader"):
        if event.thing("data_loader") is loader and event.thing("add_dist_sampler") is None and not event.open:
            return event
    return None


def passes(run: ScriptRun, kind: str = LOADER) -> tuple[Pass, ...]:
    """All passes in order over loaders of this class; a loop over several loaders (`zip`) is one of each."""
    return tuple(_walk(run.trace, (), kind))


def fed(run: ScriptRun) -> Iterator[Pass]:
    """The passes, and the innermost loops that ask an iterator of a torch loader for a batch (`next(batches)`).

    Such a loop ends when it likes, not with the loader: it says nothing about epochs, or how many batches there are.
    """
    yield from passes(run)
    seen: set[tuple[int, Span]] = set()
    for event in run.called("next"):
        if not event.loops or not event.positional:
            continue
        loop = event.loops[-1]
        for loader in loaders(event.positional[0]):
            place = (loader.serial, loop.at)
            if place not in seen:
                seen.add(place)
                yield Pass(loader, loop, event.loops[:-1], any(map(_is_backward, _events(loop.body))), False)


def _walk(nodes: Sequence[Node], around: tuple[Repeat, ...], kind: str) -> Iterator[Pass]:
    seen: set[tuple[int, Span]] = set()
    for node in nodes:
        match node:
            case Fork():
                yield from _walk(node.then, around, kind)
                yield from _walk(node.otherwise, around, kind)
            case Repeat():
                asking, beyond = node, around
                if node.hands_out:
                    asking = next((loop for loop in reversed(around) if not loop.hands_out), node)
                    # The rounds in which a generator is asked tell nothing of how often it begins.
                    beyond = tuple(loop for loop in around if loop.hands_out)
                trains = any(_is_backward(event) for event in _events(asking.body))
                for loader in loaders(node.iterable, kind=kind):
                    place = (loader.serial, node.at)
                    yield Pass(loader, node, beyond, trains, place in seen)
                    seen.add(place)
                yield from _walk(node.body, (*around, node), kind)
            case _:
                pass


def loaders(thing: Thing | None, deep: int = 4, kind: str = LOADER) -> Iterator[Instance]:
    """The loaders of a class that going over `thing` goes over: itself, behind `enumerate`, `tqdm`, `zip`, or what a
    generator of the script was given."""
    if thing is None or deep == 0:
        return
    inner: tuple[Thing, ...] = ()
    match thing:
        case Instance() if thing.is_a(kind):
            yield thing
        case Iteration(sources=sources):
            inner = sources
        case Either():
            inner = tuple(thing.alternatives())
        case Pending(frame=frame):
            inner = tuple(held for held in frame.names.values() if not isinstance(held, ListObject | DictObject))
        case _:
            pass
    for one in inner:
        yield from loaders(one, deep - 1, kind)


def _events(nodes: Sequence[Node]) -> Iterator[Event]:
    for node in nodes:
        match node:
            case Event():
                yield node
            case Fork():
                yield from _events(node.then)
                yield from _events(node.otherwise)
            case Repeat():
                yield from _events(node.body)


def _is_backward(event: Event) -> bool:
    return event.row is not None and Effect.BACKWARD in event.row.effects
