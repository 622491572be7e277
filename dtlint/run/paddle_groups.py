"""PaddlePaddle's parallel environment: what makes it, and what asserts that it is there.

`DataParallel.__init__` of python/paddle/distributed/parallel.py, where the launcher started more than one process.
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.packages import HARMLESS, keeps_to
from dtlint.run.script.trace import Event

_WRAPPERS: Final = ("paddle.DataParallel", "paddle.distributed.parallel.DataParallel")
_MAKES: Final = re.compile(r"paddle\..*(?:init_parallel_env|fleet\.init|prepare_context|init_parallel_ctx)")
_PADDLE: Final = (HARMLESS - {"torch"}) | {"paddle"}


@record(eq=False)
class Unready:
    """A model that is wrapped before there is an environment; `later` makes one behind it, if anything does."""

    wrap: Event
    later: Event | None


def unready(process: Process) -> Unready | None:
    """None where code that was not read may make the environment."""
    run = process.run
    if run is None or not keeps_to(run.events, _PADDLE):
        return None
    wrap = next((event for event in run.called(*_WRAPPERS) if event.surely and not event.caught), None)
    makes = next((event for event in run.events if _MAKES.fullmatch(event.name)), None)
    if wrap is None or (makes is not None and (makes.index < wrap.index or not makes.surely)):
        return None
    return Unready(wrap, makes) if makes is not None or run.complete else None
