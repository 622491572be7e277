"""Folders that one process makes and in which another writes, with nothing between that lets it wait."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import may_meet
from dtlint.run.effects import Effect
from dtlint.run.existence import MAKES_FOLDERS, asked, made_folder, written
from dtlint.run.handover import goes_round, more, pair, waits_before
from dtlint.run.packages import HARMLESS
from dtlint.run.restoring import comes_to_all
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.writers import inside
from dtlint.value import Value

_LEAVE: Final = ("os.path.", "pathlib.Path.", "print", "open", "str", "numpy.load", "json.", "yaml.", "logging.")
"""Calls that are given a path and make no folder."""
_STARTS: Final = frozenset(("system", "popen", "Popen", "run", "call", "check_call", "check_output"))


@record(eq=False)
class Missing:
    """A file that a process writes in a folder which another one may not have made yet."""

    write: Event
    make: Event
    writer: Process
    maker: Process
    folder: Value


def missing(world: World, run: Run) -> Iterator[Missing]:
    """The first such file of the first two processes."""
    both = pair(world)
    if both is None:
        return
    for (maker, mine), (writer, theirs) in (both, both[::-1]):
        if any(any(one.called("os.chdir")) for one in (mine, theirs)):
            return
        for make in mine.called(*MAKES_FOLDERS):
            folder = made_folder(make)
            if folder is None or make.index in mine.standing or make.open or make.contexts:
                continue
            write = next((one for one in theirs.events if _writes_in(one, folder)), None)
            if write is None or may_have(theirs, write, folder) or made_by_shell(run, folder):
                continue
            if _at_once(mine, make, theirs, write):
                yield Missing(write, make, writer, maker, folder)
                return


def _writes_in(event: Event, folder: Value) -> bool:
    path = written(event)
    return path is not None and inside(path, folder) and not event.caught and not event.open


def may_have(run: ScriptRun, before: Event, folder: Value) -> bool:
    """Before this call the process may have made the folder itself, or somebody for it."""
    return any(_may_make(event, folder) for event in run.events if event.index < before.index)


def _may_make(event: Event, folder: Value) -> bool:
    if event.method in ("makedirs", "mkdir"):
        path = made_folder(event)
        return path is None or path.same(folder) or inside(path, folder)
    if event.row is not None and event.row.effects & {Effect.WRITES, Effect.LOADS}:
        return False
    if event.name.startswith("subprocess.") or event.method in _STARTS:
        return True
    package = event.name.partition(".")[0]
    if event.row is None and package not in HARMLESS and package != "?" and may_meet(event):
        return True  # code that was not read
    if event.name.startswith(_LEAVE):
        return False
    given = [thing for thing in (*event.positional, *event.keywords.values()) if isinstance(thing, Value)]
    return any(value.same(folder) or inside(value, folder) for value in given)


def made_by_shell(run: Run, folder: Value) -> bool:
    """The script that starts the job may make it."""
    if folder.string is None:
        return any(command.argv[0].string in ("mkdir", None) for command in run.commands)
    last = posixpath.basename(posixpath.normpath(folder.string))
    return any(
        word.value.string is None or last in word.value.string
        for command in run.commands
        if command.argv[0].string is None or command.argv[0].string in ("mkdir", "install", "cp", "rsync", "tar", "git")
        for word in command.argv[1:]
    )


def _at_once(mine: ScriptRun, make: Event, theirs: ScriptRun, write: Event) -> bool:
    """Both come there by the same way, and the one that makes it goes on to write as the other does."""
    again = next(
        (
            one
            for one in mine.events
            if one.place == write.place and one.index > make.index and one.loops == make.loops
        ),
        None,
    )
    if again is None or not (comes_to_all(write) and comes_to_all(again)):
        return False
    outer = {fork.at for fork, _ in again.branches}
    if not all(fork.at in outer or asked(fork) is not None for fork, _ in make.branches):
        return False
    between = [one for one in mine.events if make.index < one.index < again.index]
    met = waits_before(mine, again)
    if any(set(one.loops) - set(make.loops) or one in met for one in between):
        return False  # work lies between, upon which the folder is surely there
    waits = waits_before(theirs, write)
    return not goes_round(theirs) and all(one.surely for one in waits) and not more(waits, waits_before(mine, make))
