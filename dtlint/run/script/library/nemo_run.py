"""NeMo-Run on paper: a call that is put off, whose arguments are attributes until it is made.

`Config` and `Partial` of nemo_run/config.py; the executors are dataclasses of nemo_run/core/execution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import Instance, Thing

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

DEFERRED: Final = ("nemo_run.Config", "nemo_run.Partial")
EXECUTORS: Final = ("nemo_run.LocalExecutor", "nemo_run.SlurmExecutor")


def _keeps(name: str) -> Function:
    def made(machine: Caller, call: Arguments) -> Thing:
        event = machine.record(
            name, call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
        )
        # Whether it has what a `**` handed over is not known, nor which defaults the class has.
        event.result = Instance(name, {} if call.open else dict(call.keywords), made_by=event, complete=False)
        return event.result

    return made


FUNCTIONS: Final[dict[str, Function]] = {name: _keeps(name) for name in (*DEFERRED, *EXECUTORS)}
