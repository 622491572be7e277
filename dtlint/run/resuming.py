"""Epochs from which processes go on that find different files: the number of rounds is then their own as well.

Horovod's examples look for the newest checkpoint and broadcast its number, since "checkpoints only exist on rank 0"
(examples/keras/keras_imagenet_resnet50.py); `initial_epoch` and the begin of a loop are given to no other process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import one_group, unmet, waits
from dtlint.run.effects import Effect
from dtlint.run.horovod import CHECKPOINTS
from dtlint.run.script.objects import RangeObject, Thing, as_value
from dtlint.run.script.trace import ScriptRun, repeats
from dtlint.run.writers import NODE_LOCAL
from dtlint.source import Span
from dtlint.value import Term, Value, origins

_BEGIN: Final = "initial_epoch"


@record(eq=False)
class OwnBegin:
    """Rounds that begin where a process's own files say."""

    at: Span
    finds: Process
    """It saves the files."""
    other: Process
    local: bool
    """Both look, each on the disk of its own host; otherwise only the first one looks."""


def own_begins(world: World) -> Iterator[OwnBegin]:
    """The first such loop or training, of the first process and the first one that finds something else."""
    if len(world.finished) < 2:
        return
    (finds, mine), *others = world.finished
    if not _comparable(mine) or not _saves(mine):
        return
    saving = [process for process, run in others if _saves(run)]
    for at, begin in _begins(mine):
        paths = list(_paths(begin))
        for other, theirs in others if paths else ():
            there = next((value for place, value in _begins(theirs) if place == at), None)
            if there is None or not _comparable(theirs):
                continue
            if any(other.host.is_(saver.host) for saver in saving):
                continue
            looked = list(_paths(there))
            alone = there.known and not looked
            local = bool(looked) and all(map(_node_local, looked)) and not other.host.is_(finds.host)
            if alone or (local and all(map(_node_local, paths))):
                if any(unmet(world)):
                    # A collective that some do not come to: it may be that which hands the number on.
                    return
                yield OwnBegin(at, finds, other, local)
                return


def _comparable(run: ScriptRun) -> bool:
    return run.complete and one_group(run) and not run.filled_unseen


def _saves(run: ScriptRun) -> bool:
    return any(run.effects(Effect.SAVES, Effect.WRITES)) or any(run.called(*CHECKPOINTS))


def _begins(run: ScriptRun) -> Iterator[tuple[Span, Value]]:
    """Where trainings and loops of collectives begin to count, and with what."""
    for event in run.events:
        begin = event.keywords.get(_BEGIN) if event.method == "fit" and event.surely else None
        if begin is not None:
            yield event.at, as_value(begin)
    for loop in repeats(run.trace):
        begin = _start(loop.iterable)
        inside = (event for event in run.events if loop in event.loops)
        if begin is not None and any(waits(event, run) for event in inside):
            yield loop.at, begin


def _start(iterable: Thing | None) -> Value | None:
    return iterable.start if isinstance(iterable, RangeObject) else None


def _paths(value: Value) -> Iterator[object]:
    """What identifies the paths whose being there decides on the value."""
    for part in origins(value.symbols()):
        match part:
            case ("exists", ("exists", path), *_):
                yield path
            case _:
                pass


def _node_local(path: object) -> bool:
    """By its beginning, which is the first text in it."""
    match path:
        case str():
            return path.startswith(NODE_LOCAL)
        case Term():
            return all(_node_local(symbol.key) for symbol in path.symbols()) and bool(list(path.symbols()))
        case ("str" | "text", first, *_):
            return _node_local(first)
        case ("format", inner, *_):
            return _node_local(inner)
        case _:
            return False
