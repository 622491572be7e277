"""File names made with `hash()` of a text, which Python salts anew in each process.

Source: `PYTHONHASHSEED` in the documentation of Python; seen with Python 3.11 in two processes of torchrun.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.dealing import counterparts
from dtlint.run.effects import Effect
from dtlint.run.script.objects import Unread, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Text

SALT: Final = "PYTHONHASHSEED"


@record(eq=False)
class Misnamed:
    """One process saves under a name that another, which looks for the file, comes to differently."""

    hashed: Event
    saved: Event
    loaded: Event
    saver: Process
    loader: Process


def misnamed(world: World) -> Iterator[Misnamed]:
    """One for each call of `hash` that a saving process and a loading one both make."""
    for saver, saving in world.followed[:1]:
        for loader, loading in world.followed[1:]:
            if _salted(saver) or _salted(loader):
                continue
            for mine, theirs in counterparts(saving, loading, "hash"):
                if not _of_text(mine) or not _of_text(theirs):
                    continue
                saved = next(_named(saving, mine, Effect.SAVES), None)
                loaded = next(_named(loading, theirs, Effect.LOADS), None)
                if saved is not None and loaded is not None and not any(_named(loading, theirs, Effect.SAVES)):
                    yield Misnamed(mine, saved, loaded, saver, loader)


def _salted(process: Process) -> bool:
    """Somebody may have fixed the salt."""
    run, found = process.run, process.environment
    written = run is not None and (run.sets_unknown_names or any(write.name == SALT for write in run.writes))
    # A child that is forked, or started with its parent's variables, may have the parent's salt.
    known = found.set(SALT) or SALT in found.assumed
    return written or known or process.spawned_by is not None


def _of_text(event: Event) -> bool:
    """A number's hash is the number, and of other things it is not known what they are."""
    given = as_value(event.positional[0]) if len(event.positional) == 1 else None
    return given is not None and (given.string is not None or isinstance(given.content, Text))


def _named(run: ScriptRun, hashed: Event, effect: Effect) -> Iterator[Event]:
    """Calls with this effect on a path whose name is made of the hash."""
    if not isinstance(hashed.result, Unread):
        return
    wanted = ("unread", hashed.result.serial)
    for event in run.effects(effect):
        path = event.argument(event.row.path) if event.row is not None and event.row.path else None
        if path is not None and any(_holds(symbol.key, wanted) for symbol in path.symbols()):
            yield event


def _holds(key: Hashable, wanted: Hashable) -> bool:
    """A symbol's key is this one, or names it: that of `str(x)` names x."""
    return key == wanted or (isinstance(key, tuple) and any(_holds(part, wanted) for part in key))
