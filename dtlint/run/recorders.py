"""Records of one training that each of its processes opens for itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.joined import joins
from dtlint.run.restoring import comes_to_all
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.writers import same_file
from dtlint.source import Span
from dtlint.value import Value

_TELLS_APART: Final = ("group", "mode", "id", "job_type", "settings", "resume", "resume_from", "fork_from")
"""Arguments of `wandb.init` with which each process is to have a run, or only one has."""
_SWITCHES: Final = ("WANDB_MODE", "WANDB_DISABLED", "WANDB_RUN_GROUP", "WANDB_RUN_ID", "WANDB_X_PRIMARY")


@record(eq=False)
class Doubled:
    event: Event
    first: Process
    second: Process
    at: Span
    """The call where it is decided who opens the record."""

    @property
    def outcome(self) -> str:
        """What comes of it."""
        match self.event.method:
            case "init":
                return "one run for each process"
            case "SummaryWriter":
                return "several curves over each other"
            case _:
                return "one file that each cuts off for itself"


def doubled(world: World) -> Iterator[Doubled]:
    """Calls by which two processes surely both open a record, though nothing tells the records apart."""
    followed = [process for process in world.processes if process.run is not None and _joins(process.run)]
    if len(followed) < 2:
        return
    first, second = followed[:2]
    if first.run is None or second.run is None:
        return
    there = {event.place: event for event in second.run.effects(Effect.RECORDS)}
    for event in first.run.effects(Effect.RECORDS):
        other = there.get(event.place)
        if other is None or event.open or not (_everywhere(event) and _everywhere(other)):
            continue
        named = event.name == "wandb.init"
        if _one_run(first, event, second, other) if named else _one_place(first, second, event, other):
            yield Doubled(event, first, second, _decided(first.run, event))


def _belongs(event: Event, package: str) -> bool:
    """A call of the package, or of a method of an object of which nothing is known."""
    first = event.name.partition(".")[0]
    return first == package or (first == "?" and event.row is None)


def _joins(run: ScriptRun) -> bool:
    return not run.truncated and joins(run)


def _decided(run: ScriptRun, event: Event) -> Span:
    """The call of the record itself, or the one in another file of a function that does nothing else."""
    package, place = event.name.partition(".")[0], event.at
    for depth in range(len(event.stack), 0, -1):
        around = event.stack[:depth]
        if not all(_belongs(one, package) for one in run.events if one.stack[:depth] == around):
            break
        if around[-1].path != place.path:
            place = around[-1]
    return place


def _everywhere(event: Event) -> bool:
    return comes_to_all(event) and not event.contexts


def _one_run(first: Process, event: Event, second: Process, other: Event) -> bool:
    if event.positional or any(name in event.keywords for name in _TELLS_APART):
        return False
    mine, theirs = event.argument("name"), other.argument("name")
    if not (mine.is_absent and theirs.is_absent) and not same_file(mine, theirs):
        return False
    return not any(_switched(process) for process in (first, second))


def _switched(process: Process) -> bool:
    """The script or its launcher sets a variable by which Weights & Biases may be silent or know the group."""
    run = process.run
    written = {write.name for write in run.writes} if run is not None else set()
    sets = run is None or run.sets_unknown_names
    return sets or any(name in written or process.environment.set(name) for name in _SWITCHES)


def _shared(process: Process, path: Value) -> bool:
    """Hosts find one folder there: containers of different hosts only what is mounted in all of them."""
    container = process.host.container
    if container is None:
        return True
    mounted = [mount.path.string for mount in container.mounts if mount.shared.options == (True,)]
    return any((path.string or "").startswith(f"{folder.rstrip('/')}/") for folder in mounted if folder)


def _one_place(first: Process, second: Process, event: Event, other: Event) -> bool:
    path = event.row.path if event.row is not None else ""
    mine, theirs = event.argument(path), other.argument(path)
    if mine.is_absent or mine.is_unknown or not same_file(mine, theirs):
        return False
    if not first.host.is_(second.host) and not _shared(second, mine):
        return False
    if event.method != "SummaryWriter":
        return event.argument("append").is_absent
    # A writer to which only one process adds leaves the others' files empty.
    run = second.run
    return run is not None and any(
        one.receiver is other.result and one.method.startswith("add_") and comes_to_all(one) for one in run.events
    )
