"""Folders that every process makes because it has just seen that they are not there.

`os.path.exists` and `os.makedirs` are two steps: another process may make the folder between them, and `os.makedirs`
then raises FileExistsError (docs.python.org, os.makedirs, `exist_ok`).
"""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.job.world import World
from dtlint.run.effects import Effect
from dtlint.run.existence import asked, made_folder
from dtlint.run.folders import made_by_shell, may_have
from dtlint.run.handled_paths import counts_others, dealt_with
from dtlint.run.handover import side_by_side
from dtlint.run.script.objects import identity
from dtlint.run.script.trace import Event
from dtlint.run.writers import Clash, alike_but, both
from dtlint.value import Value


def raced(world: World, run: Run) -> Iterator[Clash]:
    """For each call two processes of one host that come to it at the same time: nothing lets one of them wait for the
    other, and nothing that was read has made the folder before."""
    for clash in both(world, _made_if_missing):
        mine, theirs = clash.first.run, clash.second.run
        if not clash.one_host or mine is None or theirs is None or made_by_shell(run, clash.path):
            continue
        other = next((one for one in theirs.called(clash.event.name) if one.place == clash.event.place), None)
        if other is None or may_have(mine, clash.event, clash.path) or may_have(theirs, other, clash.path):
            continue
        if side_by_side(mine, clash.event, theirs, other):
            yield clash


def _made_if_missing(process: Process) -> Iterator[tuple[Event, Value]]:
    run = process.run
    if run is None or not run.complete or (process.presumed and not counts_others(run)):
        return
    joined = next((event for event in run.effects(Effect.INITIALISES) if event.surely), None)
    for event in run.events:
        path = made_folder(event)
        if path is None or joined is None or event.index < joined.index or dealt_with(event) or not event.branches:
            continue
        fork, side = event.branches[-1]
        test = asked(fork)
        missing = test is not None and test.there != side and test.path == identity(path)
        if missing and alike_but(event, fork):
            yield event, path
