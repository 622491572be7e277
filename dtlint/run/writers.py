"""Which processes write one path: what is the same file for both, and what surely happens in both."""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.script.trace import Event
from dtlint.value import Kind, Reach, Text, Value

NODE_LOCAL = ("/tmp/", "/var/tmp/", "/dev/", "/scratch/local", "/local", "/mnt/local", "/raid/", "/ssd/", "/nvme")
"""Where paths of this beginning lead is, by custom, each host's own."""


@record(eq=False)
class Clash:
    """Two processes that make the same call and write the same path."""

    first: Process
    second: Process
    event: Event
    path: Value

    @property
    def one_host(self) -> bool:
        return self.first.host.is_(self.second.host)


def clashes(world: World) -> Iterator[Clash]:
    """For each writing call the first pair of the world's representative processes that surely both reach it with one
    path.  A file that is written in turn, behind a barrier of its own, counts as well: the last one wins."""
    writers = [process for process in world.processes if process.run is not None]
    told: set[object] = set()
    for index, first in enumerate(writers):
        for second in writers[index + 1 :]:
            for event, path in _writes(first):
                key = (event.at, event.stack)
                if key in told:
                    continue
                if any(same_file(path, other) for same, other in _writes(second) if (same.at, same.stack) == key):
                    told.add(key)
                    yield Clash(first, second, event, path)


def _writes(process: Process) -> Iterator[tuple[Event, Value]]:
    run = process.run
    if run is None or not any(run.effects(Effect.INITIALISES)):
        return
    moved = any(run.called("os.chdir"))
    for event in run.effects(Effect.WRITES):
        if event.row is None or not _alike(event):
            continue
        path = event.argument(event.row.path)
        if path.is_absent or path.is_unknown or (moved and not path.starts_with("/").always):
            continue
        yield event, path


def _alike(event: Event) -> bool:
    """Nothing around the call can let one process in and keep another out."""
    conditions = all(
        all(symbol.reach is Reach.UNIFORM or symbol.kind is Kind.CHANCE for symbol in fork.value.symbols())
        and fork.value.reach is not Reach.UNSEEN
        for fork, _ in event.branches
    )
    return conditions and all(context.name.startswith(("torch.", "open")) for context in event.contexts)


def same_file(left: Value, right: Value) -> bool:
    """Surely the same path: the same text, or texts whose unknown parts are the same in all processes."""
    if left.known or right.known:
        return left.string is not None and left.string == right.string
    if isinstance(left.content, Text) and isinstance(right.content, Text):
        a, b = left.content.parts, right.content.parts
        return len(a) == len(b) and all(
            one == other if isinstance(one, str) else isinstance(other, Value) and _uniform(one, other)
            for one, other in zip(a, b, strict=True)
        )
    return left.same(right)


def _uniform(left: Value, right: Value) -> bool:
    return left.same(right) or (left.reach is Reach.UNIFORM and right.reach is Reach.UNIFORM)


def node_local(path: Value) -> bool:
    """By its name it lies on a disk of the host's own, or that cannot be told."""
    content = path.content
    head = content.parts[0] if isinstance(content, Text) else path.string
    return not isinstance(head, str) or head.startswith(NODE_LOCAL)
