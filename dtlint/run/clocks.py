"""Checkpoints that all processes write together, under a name that each of them takes from its own clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.script.objects import Unread, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Reach

_TOGETHER: Final = ("torch.distributed.checkpoint.save", "torch.distributed.checkpoint.async_save")
_CLOCKS: Final = ("time.strftime", "?.strftime")
_SECONDS: Final = ("%S", "%s", "%f", "%T", "%X", "%c")
"""Parts of a format by which two processes that start together come to different texts; days and hours are shared."""


@record(eq=False)
class Clocked:
    save: Event
    clock: Event
    format: str


def clocked(run: ScriptRun) -> Iterator[Clocked]:
    """The first save whose path surely holds what this process read from its clock."""
    read = {
        ("unread", event.result.serial): event
        for event in run.events
        if isinstance(event.result, Unread) and _to_the_second(event)
    }
    if not read:
        return
    for save in run.called(*_TOGETHER):
        symbols = save.argument("checkpoint_id").symbols() if not save.open else ()
        own = (symbol.key for symbol in symbols if symbol.reach is not Reach.UNIFORM)
        clock = next((read[key] for key in own if key in read), None)
        if clock is not None:
            yield Clocked(save, clock, _format(clock))
            return


def _to_the_second(event: Event) -> bool:
    return event.name in _CLOCKS and event.surely and any(part in _format(event) for part in _SECONDS)


def _format(event: Event) -> str:
    given = event.given(0, "format")
    return (as_value(given).string if given is not None else None) or ""
