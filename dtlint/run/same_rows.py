"""Rows that the processes of a JAX program hand over as their parts of a global array, and that are the same in all.

`make_array_from_process_local_data` puts the parts of all processes together; whether they are different rows nobody
checks.  They are the same where the processes read the same files and nothing in the script tells one process from
another: no rank but in conditions such as `process_index() == 0`, no number that is drawn without a seed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from sys import stdlib_module_names
from typing import Final

from dtlint.facts.script import (
    Assign,
    Attribute,
    AugAssign,
    Call,
    Compare,
    Constant,
    If,
    ImportFrom,
    Name,
    Operation,
    Return,
    ScriptProgram,
)
from dtlint.facts.syntax import nodes_of
from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.jax_devices import over_all_devices
from dtlint.run.jax_processes import PRESUMED
from dtlint.run.script.objects import ListObject, Thing, as_value, maker
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.source import Span

_HANDS_OVER: Final = "jax.make_array_from_process_local_data"
_READS: Final = (*(f"numpy.{name}" for name in ("load", "memmap", "fromfile", "loadtxt", "genfromtxt")), "h5py.File")
_GENERATORS: Final = ("default_rng", "RandomState")
_SEEDED: Final = tuple(f"numpy.random.{name}" for name in _GENERATORS)
_DRAWS: Final = re.compile(
    r"(?:numpy\.(?:zeros|ones|empty|full|arange|eye)\w*|.*\.(?:normal|uniform|integers|random|standard_normal|rand\w*))"
)
"""Calls that make numbers up: the data of a trial."""
_TELLS_APART: Final = re.compile(
    r"rank|process_(?:index|id)|proc_id|local_devices|addressable|environ|getenv|host|getpid|uuid|urandom|secrets"
    r"|worker|node|shard(?!ing|ed|_map)|slice_index|argv|task",
    re.IGNORECASE,
)
_INDEX: Final = "process_index"
_PLAIN: Final = frozenset(
    ("jax", "numpy", "optax", "flax", "orbax", "h5py", "yaml", "PIL", "absl", "tqdm", *stdlib_module_names)
) - {"random", "secrets", "socket", "uuid", "multiprocessing", "threading", "queue"}
"""Packages of which nothing tells one process from another but what `_TELLS_APART` names."""
_DEEPEST: Final = 8


@record(eq=False)
class Handed:
    event: Event
    read: Event
    """Where files are read, in all processes the same."""
    first: Process
    second: Process


def same_rows(world: World) -> Iterator[Handed]:
    """Of two processes of one host, which read the same files also where hosts have files of their own."""
    followed = [(process, run) for process, run in world.finished if run.complete]
    if world.first.tool == PRESUMED or any(one.per_host_copies for one in world.launches):
        return  # whoever starts them by hand may give each its own arguments
    if len(followed) < 2 or not followed[0][0].host.is_(followed[1][0].host):
        return
    (first, mine), (second, theirs) = followed[:2]
    read = next(mine.called(*_READS), None)
    if read is None or not first.started_like(second) or not _same_sources(mine, theirs) or not _blind(mine):
        return
    places = {event.at for event in theirs.called(_HANDS_OVER) if event.surely}
    for event in mine.called(_HANDS_OVER):
        rows, shape = event.given(1, "local_data"), event.given(2, "global_shape")
        sure = event.surely and event.at in places and not event.open and shape is None
        if sure and over_all_devices(event.given(0, "sharding")) and rows is not None and not _made_up(rows):
            yield Handed(event, read, first, second)
            return


def _same_sources(mine: ScriptRun, theirs: ScriptRun) -> bool:
    """They read the same files and seed the same generators alike."""
    reads, others = (list(run.called(*_READS, *_SEEDED)) for run in (mine, theirs))
    if len(reads) != len(others):
        return False
    for one, other in zip(reads, others, strict=True):
        path, twin = one.given(0, "file"), other.given(0, "file")
        if one.at != other.at or path is None or twin is None or not as_value(path).same(as_value(twin)):
            return False
    return True


def _blind(run: ScriptRun) -> bool:
    """Nothing that the script does can come out in another way in another process."""
    if run.reads_unknown_names or run.sets_unknown_names or any(run.effects(Effect.SPAWNS)):
        return False
    seeded: set[Span] = set()
    for event in run.events:
        home = event.name.partition(".")[0]
        if home not in _PLAIN and home != "?" and "." in event.name:
            return False
        if event.name in _SEEDED:
            if not event.positional or as_value(event.positional[0]).integer is None:
                return False
            seeded.add(event.at)
        elif event.name.startswith("numpy.random."):
            return False
    return not any(_tells_apart(program, seeded) for program in run.programs)


def _tells_apart(program: ScriptProgram, seeded: set[Span]) -> bool:
    """It asks which process it is, but for conditions that one process alone fulfils, or draws without a seed."""
    nodes = list(nodes_of(program.body))
    harmless: set[int] = set()
    aliases: set[str] = set()
    keys = any(isinstance(node, ImportFrom) and node.module == "jax" for node in nodes)
    for node in nodes:
        match node:
            case Assign(targets=(Name(id=name),), value=Call(func=Attribute(name=asked), args=())) if asked == _INDEX:
                aliases.add(name)
                harmless |= {id(part) for part in nodes_of(node)}
            case If(test=test, body=body, otherwise=otherwise) if not _chooses((body, otherwise)):
                harmless |= {id(part) for asked in nodes_of(test) if _of_one(asked) for part in nodes_of(asked)}
            case Call(func=Name(id="print") | Attribute(name="initialize")):
                harmless |= {id(part) for part in nodes_of(node)}
            case _:
                pass
    for node in nodes:
        if isinstance(node, Call) and _draws_anew(node, seeded, keys):
            return True
        name = node.id if isinstance(node, Name) else node.name if isinstance(node, Attribute) else ""
        if name and id(node) not in harmless and (name in aliases or _TELLS_APART.search(name)):
            return True
    return False


def _of_one(test: object) -> bool:
    """`process_index() == 0`, `not rank`."""
    match test:
        case Compare(operands=(Name() | Call(args=()), Constant())):
            return True
        case Operation(operator="not", operands=(Name() | Call(args=()),)):
            return True
        case _:
            return False


def _chooses(body: object) -> bool:
    """Something that is chosen there may reach the rows."""
    nodes = nodes_of(body)
    return any(isinstance(node, Assign | AugAssign) or (isinstance(node, Return) and node.value) for node in nodes)


def _draws_anew(node: Call, seeded: set[Span], keys: bool) -> bool:
    """A draw from a generator of numpy or Python that nobody was seen to seed; JAX draws by keys alone."""
    match node.func:
        case Attribute(value=Attribute(value=Name(id="jax"), name="random")):
            return False
        case Attribute(name=name, value=Attribute(name="random")) | Name(id=name) if name in _GENERATORS:
            return node.at not in seeded
        case Attribute(value=Attribute(name="random")):
            return True
        case Attribute(value=Name(id="random")):
            return not keys  # `from jax import random`
        case _:
            return False


def _made_up(rows: Thing, deep: int = _DEEPEST) -> bool:
    """The rows come from no file."""
    if isinstance(rows, ListObject):
        return True
    made = maker(rows)
    if made is None or made.name in _READS or deep == 0:
        return False
    if _DRAWS.fullmatch(made.name):
        return True
    given = made.receiver if made.receiver is not None else next(iter(made.positional), None)
    return given is not None and _made_up(given, deep - 1)
