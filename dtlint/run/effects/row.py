"""What a framework's call does, as typed data: one row per callable, one file of rows per framework.

Rows know names and parameters, no scripts and no values; who runs a script asks a row what the call at hand means.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator

from dtlint.record import record


class Effect(enum.Enum):
    INITIALISES = "initialises"
    """Makes the default process group, or joins the job in the framework's own way."""
    DESTROYS = "destroys"
    """Takes the default process group down."""
    NEW_GROUP = "new group"
    """Makes a further process group; a collective of the whole world."""
    COLLECTIVE = "collective"
    """Every member of `group` must call it."""
    POINT_TO_POINT = "point to point"
    """Meets one other process: the parameter `peer`."""
    BINDS_DEVICE = "binds device"
    """Makes `device` the current one of this process."""
    MOVES = "moves"
    """Puts its receiver (or `subject`) on `device`."""
    WRAPS = "wraps"
    """Gives a data-parallel (or sharded) form of `subject`."""
    PREPARES = "prepares"
    """Gives its arguments back, made fit for the job: `accelerator.prepare`."""
    SAVES = "saves"
    """Writes to `path`."""
    WRITES = "writes"
    """Each process that calls it writes `path` itself: nothing inside asks for the rank or shares the work."""
    RECORDS = "records"
    """Each process that calls it opens a record of its own, under `path` where there is one."""
    LOADS = "loads"
    """Reads from `path`."""
    ITERATES = "iterates"
    """Makes an object that goes over `subject`."""
    SHARDS = "shards"
    """Gives each process its own part of `subject`."""
    SETS_EPOCH = "sets epoch"
    """Tells a sampler (or its loader) which epoch begins."""
    SPAWNS = "spawns"
    """Starts processes that run `function`."""
    TRAINS = "trains"
    """Runs the whole training inside: what it does with its receiver is not seen."""
    STEPS = "steps"
    """A step of an optimizer, a scheduler or an engine."""
    BACKWARD = "backward"
    BUILDS_OPTIMIZER = "builds optimizer"
    QUERIES = "queries"
    """Asks for a fact about the process: see `answer`."""
    SEEDS = "seeds"
    """Sets the state of a random generator to `seed`."""
    CONTEXT = "context"
    """Made to stand in a `with`."""


class Answer(enum.Enum):
    """What a query gives."""

    RANK = "rank"
    LOCAL_RANK = "local rank"
    SIZE = "size"
    LOCAL_SIZE = "local size"
    INITIALISED = "initialised"
    AVAILABLE = "available"
    DEVICES = "devices"
    """Number of GPUs that this process sees."""
    SETTING = "setting"
    """A whole number that the job's configuration says, the same in all processes."""
    COUNT = "count"
    """A whole number that goes up as the job goes on, the same in all processes."""
    TURN = "turn"
    """Whether it is some round's turn: some day it is, some day it is not, in all processes together."""
    HAS_DEVICE = "has device"
    IS_MAIN = "is main"
    """Rank 0 of the job."""
    IS_LOCAL_MAIN = "is local main"
    DEVICE = "device"
    """The device of this process: `cuda:<local rank>`."""
    CURRENT_DEVICE = "current device"


@record
class Row:
    name: str
    """Canonical dotted name; a method's begins with its class, `?` where the method's name alone tells."""
    signature: tuple[str, ...] = ()
    """Parameters in positional order, without `self`; keyword-only ones behind them."""
    effects: frozenset[Effect] = frozenset()
    subject: str = ""
    """The parameter that holds the module, data set or function that the call is about; the receiver if empty."""
    group: str = ""
    """The parameter that names the process group; the whole world if it is empty or not given."""
    device: str = ""
    path: str = ""
    peer: str = ""
    seed: str = ""
    function: str = ""
    returns: str | tuple[str, ...] = ""
    """Canonical class of the result; several for a tuple; `self` for the receiver; `subject` for the subject."""
    keeps: tuple[str, ...] = ()
    """Parameters that become attributes of the result."""
    equalises: tuple[str, ...] = ()
    """Parameters that it fills with the same content in every process of the group."""
    parts: str = ""
    """The parameter that it fills in one process of the group, while the others are left with something else."""
    alike: str = ""
    """The parameter whose shape must be the same in every process of the group."""
    answer: Answer | None = None
    method: bool = False
    """A query of an object that is called, `trainer.is_world_process_zero()`, and not read as an attribute."""
    family: str = "torch"
    """Whose ranks a query asks for: torch, horovod, mpi …"""
    hands_on: bool = False
    """Calls what it is given or keeps it for later: its arguments are unseen from there on."""


def row(name: str, signature: str = "", *effects: Effect, **columns: object) -> Row:
    """A row from a signature as one writes it, `"backend init_method timeout"`."""
    return Row(name, tuple(signature.split()), frozenset(effects), **columns)  # type: ignore[arg-type]


class Table:
    """All rows, by name."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows: dict[str, Row] = {}
        for entry in rows:
            if entry.name in self._rows:
                raise ValueError(f"two rows for {entry.name}")
            self._rows[entry.name] = entry

    def find(self, name: str) -> Row | None:
        return self._rows.get(name)

    @property
    def packages(self) -> frozenset[str]:
        """Names with which those of the rows begin, such as `torch`."""
        return frozenset(name.partition(".")[0] for name in self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())
