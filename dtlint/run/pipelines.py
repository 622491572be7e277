"""Data sets of tf.data in two processes: whether both surely give the same samples in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.horovod import optimizers, started
from dtlint.run.likeness import alike
from dtlint.run.script.objects import External, FunctionObject, Instance, Iteration, ListObject, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.strategies import chain
from dtlint.value import Value

_KEEPS: Final = frozenset(("batch", "cache", "padded_batch", "prefetch", "repeat", "with_options"))
"""Steps that neither leave samples out nor change their order."""
_DRAWN: Final = ("random", "shuffle", "sample", "permutation", "synthetic", "fake", "zeros", "ones")
_DEEPEST: Final = 8


@record(eq=False)
class Repeated:
    """Training in two processes on the same samples in the same order."""

    source: Event
    fit: Event


def repeated(mine: ScriptRun, theirs: ScriptRun) -> Iterator[Repeated]:
    """Trainings of Keras under Horovod whose data sets are the same in both processes."""
    for run in (mine, theirs):
        mixed = any(event.name in ("random.shuffle", "numpy.random.shuffle") for event in run.events)
        if run.truncated or mixed or not started(run) or not any(optimizers(run)):
            return
    for fit in _fits(mine):
        other = next((one for one in _fits(theirs) if one.place == fit.place), None)
        if other is None:
            continue
        here, there = list(chain(_data(fit))), list(chain(_data(other)))
        if here and len(here) == len(there) and all(map(_same_step, here, there)) and _same_source(here[-1], there[-1]):
            yield Repeated(here[-1], fit)


def _fits(run: ScriptRun) -> Iterator[Event]:
    return (event for event in run.events if event.method == "fit" and event.surely)


def _data(fit: Event) -> Thing | None:
    return fit.positional[0] if fit.positional else fit.keywords.get("x")


def _same_step(left: Event, right: Event) -> bool:
    """Both give the same samples on, in the same order."""
    if left.name != right.name or left.at != right.at or left.open or right.open:
        return False
    if left.receiver is None or left.method in _KEEPS:
        return True
    match left.method:
        case "shuffle":
            seeds = left.argument("seed"), right.argument("seed")
            return seeds[0].integer is not None and seeds[0].same(seeds[1])
        case "map":
            return isinstance(left.thing("map_func"), FunctionObject | External)
        case "interleave":
            function = left.thing("map_func")
            return isinstance(function, External) and alike(function, right.thing("map_func"))
        case "take" | "skip":
            return left.argument("count").known and left.argument("count").same(right.argument("count"))
        case _:
            return False


def _same_source(left: Event, right: Event) -> bool:
    """Both read the same, which was neither drawn by chance nor made up."""
    if left.receiver is not None or left.method == "from_generator":
        return False
    if left.method == "list_files":
        fixed = left.argument("seed").integer is not None or (left.argument("shuffle") == False).always  # noqa: E712
        if not fixed:
            return False
    given = [*left.positional, *left.keywords.values()]
    beside = [*right.positional, *right.keywords.values()]
    if len(given) != len(beside) or not given:
        return False
    return all(alike(one, other) and _stored(one) for one, other in zip(given, beside, strict=True))


def _stored(thing: Thing | None, deep: int = _DEEPEST) -> bool:
    """It comes from files or from constants, as far as the names of calls tell."""
    if deep == 0:
        return False
    match thing:
        case Value():
            return thing.known
        case ListObject():
            return all(_stored(item, deep - 1) for item in thing.items)
        case Iteration():
            return all(_stored(source, deep - 1) for source in thing.sources)
        case Unread(made_by=Event() as made) | Instance(made_by=Event() as made):
            given = [*made.positional, *made.keywords.values()]
            if made.receiver is not None:
                given.append(made.receiver)
            read = not any(word in made.name.lower() for word in _DRAWN)
            return read and bool(given) and all(_stored(one, deep - 1) for one in given)
        case _:
            return False
