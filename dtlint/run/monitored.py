"""Metrics of Lightning by which callbacks choose, and which processes know them.

`ModelCheckpoint` and `EarlyStopping` run in each process and look for the metric in what this process logged
(`_monitor_candidates` of lightning/pytorch/callbacks/model_checkpoint.py, `_validate_condition_metric` of
early_stopping.py): who has not logged it raises.  `rank_zero_only` of `self.log` switches the sum over the processes
off (`_Sync` of trainer/connectors/logger_connector/result.py), so that each process looks at a value of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.lightning import LOG, TRAINER, several
from dtlint.run.script.objects import ExternalMethod, ListObject, Thing, Unread, maker
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Reach

_CALLBACKS: Final = "lightning.pytorch.callbacks."
_POSITIONS: Final = {"ModelCheckpoint": 2, "EarlyStopping": 0}
_LOG_DICT: Final = f"{LOG}_dict"
_LOSS: Final = "loss"
_FORKED: Final = ("", "_epoch", "_step")
"""What is behind the name of a metric that is logged for steps and for epochs."""


@record(eq=False)
class Monitored:
    """A metric that a callback of the Trainer looks for."""

    name: str
    callback: Event
    log: Event


@record(eq=False)
class Missed:
    """A metric that one process logs and another does not."""

    metric: Monitored
    first: Process
    second: Process


def of_each_process(world: World) -> Iterator[Monitored]:
    """Metrics of which each process looks at a value of its own, as it logs them with `rank_zero_only`."""
    if len(world.finished) < 2:
        return
    (_, mine), *others = world.finished
    for one in _monitored(mine):
        if _alone(one.log) and all(any(_alone(event, one.log) for event in run.called(LOG)) for _, run in others):
            yield one


def _alone(event: Event, like: Event | None = None) -> bool:
    """It surely logs what differs between processes, and brings nothing together; in the same place as another."""
    if like is not None and event.at != like.at:
        return False
    alone = event.argument("rank_zero_only")
    return alone.known and alone.constant is True and event.surely and not event.open and _differs(event)


def missed(world: World) -> Iterator[Missed]:
    """Metrics that the first process logs, and another surely never does."""
    followed = world.finished
    if not followed:
        return
    (first, mine), *others = followed
    for second, theirs in others:
        if not theirs.complete or any(_name(event) is None for event in theirs.called(LOG, _LOG_DICT)):
            continue
        looked_for = {name for name, _ in _looked_for(theirs)}
        logged = {name + end for event in theirs.called(LOG) for name in (_name(event),) if name for end in _FORKED}
        for one in _monitored(mine):
            if one.name in looked_for and one.name not in logged and one.log.surely and _strict(one.callback):
                yield Missed(one, first, second)
        return


def _monitored(run: ScriptRun) -> Iterator[Monitored]:
    for wanted, callback in _looked_for(run):
        for event in run.called(LOG):
            name = _name(event)
            if name is not None and wanted in [name + end for end in _FORKED]:
                yield Monitored(wanted, callback, event)
                break


def _name(event: Event) -> str | None:
    """Under which a metric is logged; None where that is not known, as of `log_dict`."""
    return event.argument("name").string if event.name == LOG else None


def _looked_for(run: ScriptRun) -> Iterator[tuple[str, Event]]:
    """The metrics that callbacks of a Trainer of several processes look for."""
    for made in run.called(TRAINER):
        given = made.thing("callbacks")
        if made.surely and several(made.result):
            for callback in given.items if isinstance(given, ListObject) else (given,):
                made_by = maker(callback)
                name = _monitor(made_by) if made_by is not None else None
                if made_by is not None and name is not None:
                    yield name, made_by


def _monitor(callback: Event) -> str | None:
    position = _POSITIONS.get(callback.method)
    if position is None or not callback.name.startswith(_CALLBACKS) or callback.open:
        return None
    given = callback.given(position, "monitor")
    return getattr(given, "string", None)


def _strict(callback: Event) -> bool:
    """It raises where the metric is missing."""
    given = callback.argument("strict")
    return given.is_absent or (given.known and given.constant is True)


def _differs(event: Event) -> bool:
    """The value is that of the process's own batch: it differs, or is the loss that a model gives for one."""
    value = event.given(1, "value")
    if isinstance(value, Unread) and value.content is Reach.PROCESS:
        return True
    if isinstance(value, ExternalMethod) and value.method == _LOSS:
        return _of_batch(value.receiver)
    return isinstance(value, Unread) and value.part_of is None and value.origin.endswith(f".{_LOSS}")


def _of_batch(thing: Thing | None) -> bool:
    made = thing.made_by if isinstance(thing, Unread) else None
    given = (*made.positional, *made.keywords.values()) if made is not None else ()
    return any(isinstance(each, Unread) and each.content is Reach.PROCESS for each in given)
