"""Conditions that ask whether a file is there, and files that a script writes: what its next start finds, and what its
first one does not."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.saving import happens
from dtlint.run.script.objects import as_value, identity
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.value import Value, known

MAKES_FOLDERS: Final = frozenset(("os.makedirs", "os.mkdir", "pathlib.Path.mkdir"))
_OPENS: Final = frozenset(("open", "io.open", "builtins.open"))
_READS: Final = {
    "numpy.load": "file",
    "pandas.read_csv": "filepath_or_buffer",
    "pandas.read_parquet": "path",
    "pandas.read_pickle": "filepath_or_buffer",
}
_RENAMES: Final = frozenset(("os.replace", "os.rename", "shutil.move", "pathlib.Path.replace", "pathlib.Path.rename"))
_NAMING: Final = "deepspeed.runtime.engine.DeepSpeedEngine.save_checkpoint"


@record
class Asked:
    """A test for a file."""

    path: object
    """What identifies the path."""
    there: int
    """The side of the fork on which the file is there."""


def asked(fork: Fork) -> Asked | None:
    """The test that a fork consists of; None for other conditions."""
    key: object = next((symbol.key for symbol in fork.value.symbols()), None)
    there = 0
    if isinstance(key, tuple) and len(key) == 2 and key[0] == "not":
        key, there = key[1], 1
    match key:
        case ("exists", ("exists", path), _):
            return Asked(path, there)
        case _:
            return None


def left_behind(run: ScriptRun, fork: Fork, side: int) -> bool:
    """On this side there is a file that the script itself surely writes: whoever starts it again comes to it."""
    test = asked(fork)
    if test is None or test.there != side:
        return False
    return test.path in _saved(run)


def _saved(run: ScriptRun) -> set[object]:
    """What identifies the paths of the files that it surely saves, under the names that it gives them in the end."""
    found: set[object] = set()
    for event in run.events:
        if event.row is not None and Effect.SAVES in event.row.effects and happens(event).surely:
            found.update(map(identity, _written(event)))
        elif event.name in _RENAMES and found and happens(event).surely:
            # `torch.save(state, temporary); os.replace(temporary, path)`, so that nobody finds half a file.
            before, after = _renamed(event)
            if before is not None and after is not None and identity(before) in found:
                found.discard(identity(before))
                found.add(identity(after))
    return found


def _renamed(event: Event) -> tuple[Value | None, Value | None]:
    """The path that a call takes a file from, and the one that it has then."""
    if event.name.startswith("pathlib."):
        things = (event.receiver, event.given(0, "target"))
    else:
        things = (event.given(0, "src"), event.given(1, "dst"))
    before, after = (as_value(thing) if thing is not None else None for thing in things)
    return before, after


def made_where_missing(run: ScriptRun, fork: Fork, side: int) -> bool:
    """On this side the file is not there, and the script makes it: this is what the first start is for."""
    test = asked(fork)
    if test is None or test.there == side:
        return False
    inside = (event for event in run.events if event.branches and event.branches[-1] == (fork, side))
    made = (path for event in inside for path in (written(event), made_folder(event)) if path is not None)
    return any(identity(path) == test.path for path in made)


def written(event: Event) -> Value | None:
    """The path of the file that the call writes."""
    if event.name in _OPENS:
        mode = event.given(1, "mode")
        told = as_value(mode).string if mode is not None else None
        thing = event.given(0, "file")
        return as_value(thing) if told is not None and set(told) & set("wax") and thing is not None else None
    if event.row is None or Effect.WRITES not in event.row.effects or not event.row.path:
        return None
    return event.argument(event.row.path)


def read(event: Event) -> Value | None:
    """The path of the file that the call reads, which must be there."""
    if event.name in _OPENS:
        mode, thing = event.given(1, "mode"), event.given(0, "file")
        told = as_value(mode).string if mode is not None else "r"
        return as_value(thing) if told is not None and thing is not None and not set(told) & set("wax+") else None
    if event.name == "torch.load":
        return event.argument("f")
    if event.name in _READS:
        thing = event.given(0, _READS[event.name])
        return as_value(thing) if thing is not None else None
    return None


def made_folder(event: Event) -> Value | None:
    """The path of the folder that the call makes."""
    if event.name not in MAKES_FOLDERS:
        return None
    thing = event.receiver if event.name.startswith("pathlib.") else event.given(0, "name")
    path = as_value(thing) if thing is not None else None
    return path if path is not None and not path.is_unknown else None


def _written(event: Event) -> Iterator[Value]:
    """Files and folders that are there when the call has saved what it is given."""
    if event.row is None or not event.row.path:
        return
    path = event.argument(event.row.path)
    yield path
    # `_save_checkpoint` of deepspeed/runtime/engine.py names the checkpoint in it that is read by default.
    named = event.name == _NAMING and event.argument("save_latest").is_absent
    if named and path.string is not None:
        yield known(posixpath.join(path.string, "latest"))
