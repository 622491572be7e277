"""Which processes write one path: what is the same file for both, and what surely happens in both."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Final

from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.effects.ready_made import ready_made
from dtlint.run.joined import joins
from dtlint.run.script.objects import maker
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.run.word import Exec
from dtlint.run.wrapping import FSDP
from dtlint.value import Kind, Reach, Symbol, Term, Text, Value

_SHARDING: Final = ("deepspeed.initialize", "torch.distributed.fsdp.fully_shard", FSDP)
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


Touches = Callable[[Process], Iterator[tuple[Event, Value]]]
"""The calls of a process that do something to a path, and the path."""


def clashes(world: World) -> Iterator[Clash]:
    """Two processes that write one file.  One that is written in turn, behind a barrier of its own, counts as well: the
    last one wins."""
    return both(world, _writes)


def both(world: World, touches: Touches) -> Iterator[Clash]:
    """For each call the first pair of the world's representative processes that surely both reach it with one path."""
    told: set[object] = set()
    for first, second in combinations((process for process, _ in world.followed), 2):
        for event, path in touches(first):
            key = event.place
            if key in told:
                continue
            others = ((same, other) for same, other in touches(second) if same.place == key)
            if any(_asked_alike(event, same) and same_file(path, other) for same, other in others):
                told.add(key)
                yield Clash(first, second, event, path)


def _writes(process: Process) -> Iterator[tuple[Event, Value]]:
    run = process.run
    if run is None or not joins(run):
        return
    moved = any(run.called("os.chdir"))
    for event in run.effects(Effect.SAVES, Effect.WRITES):
        if event.row is None or not alike(event):
            continue
        if Effect.WRITES not in event.row.effects and not _writes_whole(run, event):
            continue
        path = event.argument(event.row.path)
        if path.is_absent or path.is_unknown or (moved and not path.starts_with("/").always):
            continue
        yield event, path


def _writes_whole(run: ScriptRun, event: Event) -> bool:
    """It is `save_pretrained` of a model that every process has whole, and nothing tells it who is to write.

    `is_main_process` is true by default, so that each process that calls it writes, and takes away what an earlier call
    left in the folder (transformers/modeling_utils.py, peft/peft_model.py).
    """
    made = maker(event.receiver)
    if event.method != "save_pretrained" or made is None or any(run.called(*_SHARDING)):
        return False
    told = ("is_main_process", "save_function", "state_dict")
    model = made.name == "peft.get_peft_model" or (made.name.startswith("transformers.") and ready_made(made.name))
    return model and all(event.argument(name).is_absent for name in told)


def alike(event: Event) -> bool:
    """Nothing around the call can let one process in and keep another out, at least not every time."""
    return alike_but(event, None)


def alike_but(event: Event, but: Fork | None) -> bool:
    """So it is, one condition aside."""
    conditions = all(_by_data(fork.value) for fork, _ in event.branches if fork is not but)
    return conditions and all(context.name.startswith(("torch.", "open")) for context in event.contexts)


def _by_data(asked: Value) -> bool:
    """It is the same in all processes, or comes about in all of them: by chance, or since data passed what was best so
    far, which the first of them do."""
    pending: list[object] = list(asked.symbols())
    leaves: list[Symbol] = []
    carried = False
    while pending:
        match pending.pop():
            case Symbol(key=("carried", *_)):
                carried = True
            case Symbol(key=(str(), *parts), reach=Reach.UNSEEN, kind=kind) if kind is not Kind.CHANCE:
                inner = [symbol for part in parts if isinstance(part, Term) for symbol in part.symbols()]
                if not inner or not all(isinstance(part, Term) for part in parts):
                    return False
                pending += inner
            case Symbol() as symbol:
                leaves.append(symbol)
            case _:
                return False
    if carried:
        return all(one.reach in (Reach.UNIFORM, Reach.PROCESS) or one.kind is Kind.CHANCE for one in leaves)
    uniform = all(one.reach is Reach.UNIFORM or one.kind is Kind.CHANCE for one in leaves)
    return uniform and asked.reach is not Reach.UNSEEN


def _asked_alike(event: Event, other: Event) -> bool:
    """The conditions around both are the same: none has the number of its process in it."""
    mine, theirs = ([str(fork.value) for fork, _ in one.branches] for one in (event, other))
    return mine == theirs


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


def shared_by_hosts(path: Value, world: World, run: Run) -> tuple[Exec, ...] | None:
    """The commands that tell that all hosts of a scheduled job find one file under `path`; None where it may not be so.

    A path that is known is shared, unless its name is one of those for a host's own disk (presumption 5), and needs no
    command.  Of one that begins with an unknown folder it is known where the batch script, which runs on one host,
    makes the folder into which processes of all hosts write.
    """
    if world.first.allocation is None:
        return None
    text = path.string
    folders = next((process.host.shared for process in world.processes), None)
    if folders is not None:
        below = text is not None and any(text.startswith(f"{folder.rstrip('/')}/") for folder in folders)
        return () if below else None
    if text is not None:
        if text.startswith("/"):
            return None if text.startswith(NODE_LOCAL) else ()
        # A command that nobody can read may be `cd`.
        moved = any(command.argv[0].string is None for command in run.commands)
        place = None if moved else world.first.exec.directory.string
        return None if place is None or place.startswith(NODE_LOCAL) else ()
    if any(any(run.called(*_MAKERS)) for run in world.runs):
        return None
    made = tuple(
        command
        for command in run.commands
        # Behind a launcher, such as `srun mkdir`, every host may make a folder of its own.
        if command.argv[0].string == "mkdir" and command.argv[0].at.start == command.at.start
        if command.within is None and any(_below(path, word.value) for word in command.argv[1:])
    )
    return made or None


_MAKERS = ("os.makedirs", "os.mkdir", "?.mkdir", "pathlib.Path.mkdir")


def inside(path: Value, folder: Value) -> bool:
    """The path surely lies in the folder."""
    if path.string is not None and folder.string is not None:
        return posixpath.normpath(path.string).startswith(posixpath.normpath(folder.string).rstrip("/") + "/")
    if isinstance(path.content, Text) and folder.string is not None:
        return _under(path.content.parts, (folder.string,))
    return _below(path, folder)


def _below(path: Value, folder: Value) -> bool:
    """The path surely lies in the folder, whose beginning is the same unknown."""
    if not isinstance(path.content, Text) or not isinstance(folder.content, Text):
        return False
    return _under(path.content.parts, folder.content.parts)


def _under(inner: tuple[str | Value, ...], outer: tuple[str | Value, ...]) -> bool:
    if len(inner) < len(outer):
        return False
    for index, (mine, other) in enumerate(zip(inner, outer, strict=False)):
        if isinstance(mine, str) and isinstance(other, str):
            last = index == len(outer) - 1
            if mine != other and not (last and mine.startswith(other.rstrip("/") + "/")):
                return False
        elif isinstance(mine, str) or isinstance(other, str) or not mine.same(other):
            return False
    return True
