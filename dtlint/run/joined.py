"""Whether a script joins the other processes of its job, also by a function that was not read."""

from __future__ import annotations

import re
from typing import Final

from dtlint.run.effects import Effect
from dtlint.run.script.trace import ScriptRun

_JOINS: Final = re.compile(
    r"(?:init|initialize|setup)_(?:distributed|dist|ddp|process_group)(?:_mode|_training|_backend|_environment|_env)?"
    r"|(?:dist|distributed|ddp)_(?:init|setup)"
)
"""Names of functions that can only be meant to make the process group."""


def joins(run: ScriptRun) -> bool:
    """It makes the default process group itself, or calls a function from outside the workspace whose name says so."""
    return any(run.effects(Effect.INITIALISES)) or any(
        event.row is None and event.receiver is None and _JOINS.fullmatch(event.method) for event in run.events
    )
