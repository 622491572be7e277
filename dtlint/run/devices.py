"""Which GPU a script takes, call by call: by its index among those that the process sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from sys import stdlib_module_names
from typing import Final

from dtlint.job.process import Process
from dtlint.job.visibility import MASKS, listed
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.horovod_steps import OPTIMIZER as _HOROVOD_OPTIMIZER
from dtlint.run.horovod_steps import trains
from dtlint.run.script.bystanders import BYSTANDERS
from dtlint.run.script.objects import (
    DictObject,
    Either,
    External,
    ExternalMethod,
    Instance,
    ListObject,
    Thing,
    as_value,
)
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import SHARD
from dtlint.source import Span
from dtlint.value import Term, Text, Value, absent, known, unknown

WRAPPER: Final = "torch.nn.parallel.DistributedDataParallel"
WRAPPERS: Final = (WRAPPER, "torch.distributed.fsdp.FullyShardedDataParallel", "torch.distributed.fsdp.fully_shard")
INITIALISER: Final = "torch.distributed.init_process_group"
_MESHES: Final = (
    "torch.distributed.device_mesh.init_device_mesh", "torch.distributed.device_mesh.DeviceMesh", SHARD,
)  # fmt: skip
"""They make a device mesh; `fully_shard` does where it is given none."""
HOROVOD: Final = "horovod.torch.init"
"""It leaves the choice of a GPU to the script (https://horovod.readthedocs.io/en/stable/pytorch.html)."""

_PARAMETERS: Final = ("device", "device_id", "device_ids", "output_device", "map_location")
"""Parameters that name a device in calls of torch that no row describes, such as `torch.zeros`."""
_METHODS: Final = frozenset({"cuda", "to", "to_empty"})
_LEAVE_ALONE: Final = BYSTANDERS.union(
    (
        "torch", "torchvision", "torchaudio", "torchmetrics", "timm", "transformers", "datasets", "tokenizers",
        "evaluate", "safetensors", "huggingface_hub", "hydra", "torch_geometric", "open_clip",
    )
)  # fmt: skip
"""Packages that make no GPU the current one by themselves (the Trainer of transformers does, and has a row)."""
_BY_NVML: Final = "PYTORCH_NVML_BASED_CUDA_CHECK"
_INITIALISING: Final = frozenset(
    f"torch.cuda.{name}"
    for name in (
        "can_device_access_peer", "cudart", "current_blas_handle", "current_device", "current_stream", "default_stream",
        "get_device_capability", "get_device_name", "get_device_properties", "get_rng_state", "init", "initial_seed",
        "mem_get_info", "memory.mem_get_info", "set_per_process_memory_fraction", "synchronize",
    )
)  # fmt: skip
_MAKE_TENSORS: Final = frozenset(
    f"torch.{one}" for one in ("arange", "empty", "eye", "full", "ones", "rand", "randint", "randn", "tensor", "zeros")
)
_STARTERS: Final = frozenset(("concurrent", "dask", "joblib", "multiprocessing", "ray", "sglang", "submitit", "vllm"))
_CHOOSES: Final = re.compile("device|cuda|gpu|init|setup|set_up|dist|launch|prepare")
"""Methods of objects of which nothing is known that may choose a GPU, by their names."""


@record(eq=False)
class Use:
    """A call that names a GPU, or that takes the current one."""

    event: Event
    index: Value
    """Number among the visible GPUs; absent for the current one; unknown where the device is not known."""
    at: Span
    """Where the device is written; the whole call where it is not."""

    @property
    def starts(self) -> bool:
        """CUDA is at work from here on: something was put on a GPU, or one was made the current one."""
        row = self.event.row
        puts = row is not None and bool(row.effects & {Effect.MOVES, Effect.BINDS_DEVICE})
        return puts and self.named

    @property
    def named(self) -> bool:
        """It is surely a GPU."""
        return self.index.known or self.index.is_absent

    @property
    def decides(self) -> bool:
        """The process works on this GPU from here on: it becomes the current one, or a wrapper's or a group's own."""
        return self.binds or self.event.name in (WRAPPER, INITIALISER)

    @property
    def binds(self) -> bool:
        """It makes its GPU the current one of the process."""
        row = self.event.row
        return row is not None and Effect.BINDS_DEVICE in row.effects


def uses(run: ScriptRun) -> Iterator[Use]:
    """Calls in order that put something on a GPU or make one the current one; those on the CPU are left out."""
    for event in run.events:
        for name, thing in _designators(event):
            index = gpu(thing)
            if index is not None:
                yield Use(event, index, event.argument_at(name))


def asks_driver(event: Event, process: Process) -> bool:
    """The call starts the CUDA driver, which reads the list of visible GPUs once and for all.

    `is_available()` asks `cudaGetDeviceCount`, which calls `cuInit`, unless PYTORCH_NVML_BASED_CUDA_CHECK is set;
    `device_count()` asks NVML first.  What asks a GPU for its name or memory begins with `_lazy_init()`
    (torch/cuda/__init__.py, memory.py and random.py), and so does a tensor that is made on a GPU.
    """
    if event.name in _INITIALISING:
        return True
    if event.name in _MAKE_TENSORS:
        return any(name == "device" for name, _ in _told(event))
    written = process.writes
    elsewhere = process.environment.set(_BY_NVML) or any(write.name == _BY_NVML for write in written)
    return event.name == "torch.cuda.is_available" and not elsewhere


def _told(event: Event) -> Iterator[tuple[str, Thing]]:
    """What surely names a GPU: the number of one, or the word."""
    for name, thing in _designators(event):
        index = gpu(thing)
        if index is not None and (index.known or index.is_absent):
            yield name, thing


def module_gpu(run: ScriptRun, module: Thing | None, before: Event) -> tuple[Event, Value] | None:
    """The call that put the module on the GPU where it stands by then, and the number of that GPU.

    A process that chooses none works on the first that it sees. None where anything of this is not known, as with code
    that was not read, or where it stands elsewhere.
    """
    if not isinstance(module, Instance) or module.unseen:
        return None
    named = list(uses(run))
    told = any(event.thing("device_id") is not None for event in run.called(INITIALISER))
    chosen = told or any(use.binds for use in named)
    current: Value | None = known(0) if not chosen and familiar(run) else None
    found: tuple[Event, Value] | None = None
    for use in named:
        if use.event.index >= before.index:
            break
        if use.binds:
            current = use.index if use.event.surely else None
        if use.event.receiver is module and Effect.MOVES in (use.event.row.effects if use.event.row else ()):
            index = current if use.index.is_absent else use.index
            elsewhere = any(context.name == "torch.cuda.device" for context in use.event.contexts)
            if index is None or index.integer is None or not use.event.surely or elsewhere:
                return None
            found = use.event, index
    moved = [event for event in run.effects(Effect.MOVES) if event.receiver is module and event.index < before.index]
    return found if found is not None and moved[-1] is found[0] else None


def starts_processes(run: ScriptRun) -> bool:
    """A library that it calls starts processes, which find the environment as it then is."""
    return any(event.name.partition(".")[0] in _STARTERS for event in run.events)


def mistyped(run: ScriptRun) -> Iterator[tuple[Event, Value, Span]]:
    """Calls in order that name a GPU by a text of digits alone, which torch takes for no device: `"1"`.

    `torch.device("1")` and all that ask it raise "Invalid device string", as does `device_ids=["1"]`
    (torch/cuda/_utils.py, `_get_device_index`); `torch.device("cuda", "1")` raises a TypeError.
    """
    for event in run.events:
        given = [*_designators(event)]
        if event.name == "torch.device":
            given = [(name, thing) for name in ("type", "index") if (thing := event.thing(name)) is not None]
        for name, thing in given:
            if isinstance(thing, ListObject) and thing.complete and len(thing.items) == 1:
                thing = thing.items[0]
            value = thing if isinstance(thing, Value) else None
            if value is not None and value.string is not None and value.string.isdecimal():
                yield event, value, event.argument_at(name)


def global_rank(process: Process) -> Value:
    """The rank that the script gives when it makes the process group, or else the launcher's."""
    events = process.called(INITIALISER)
    stated = next((event.argument("rank") for event in events), absent())
    return (process.rank if stated.is_absent or stated.integer == -1 else stated).as_int()


def by_global_rank(use: Use, process: Process) -> bool:
    """The GPU is the one whose index is the process's global rank, which here is not its local rank."""
    rank = global_rank(process)
    return not use.index.is_absent and use.index.as_int().same(rank) and not rank.same(known(process.local))


def own_gpu(process: Process) -> Use | None:
    """The first call that tells which GPU the process works on: the one of its local rank, and not GPU 0.

    None where that is not known; else the process surely sees several GPUs.
    """
    if process.run is None or any(write.name in MASKS for write in process.run.writes):
        return None
    local = process.local
    return next((use for use in uses(process.run) if use.event.surely and use.index.integer == local > 0), None)


def shared(world: World) -> Iterator[tuple[Use, Process]]:
    """Calls that name the same GPU in two processes of one host, with the first of them.

    None where each process is shown GPUs of its own, where the script lets any process take a GPU of its own, or where
    one of this is not known.
    """
    pair = neighbours(world)
    if pair is None:
        return
    here, there = (tuple(uses(process.run)) if process.run is not None else () for process in pair)
    if any(use.index.is_unknown or not (use.index.known or use.index.is_absent) for use in (*here, *there)):
        return
    beside = {(use.at, use.event.stack): use for use in there}
    both = [(use, beside[use.at, use.event.stack]) for use in here if (use.at, use.event.stack) in beside]
    if all(use.index.same(other.index) for use, other in both):
        for use, other in both:
            if use.event.surely and other.event.surely:
                yield use, pair[0]


def neighbours(world: World) -> tuple[Process, Process] | None:
    """Two processes of one host whose scripts were followed to the end and which are shown the same GPUs."""
    followed = [process for process, _ in world.finished]
    if not followed or (followed[0].visible_gpus <= 1).always:
        return None
    first = followed[0]
    beside = next((process for process in followed[1:] if process.host.is_(first.host)), None)
    if beside is None:
        return None
    if any(process.run.sets_unknown_names for process in (first, beside) if process.run is not None):
        return None
    for name in MASKS:
        written = any(name in _written(process) for process in (first, beside))
        set_ = written or any(process.environment.set(name) for process in (first, beside))
        mine, theirs = first.variable(name), beside.variable(name)
        # What a script puts there from a variable that is not known may be each process's own.
        if set_ and (not mine.same(theirs) or (written and not mine.known)):
            return None
    return first, beside


def _written(process: Process) -> frozenset[str]:
    return frozenset(write.name for write in process.writes)


def wraps(run: ScriptRun, module: Thing | None) -> bool:
    """The module is trained on all processes: the script wraps it, or has Horovod average its gradients."""
    if module is None:
        return False
    return any(event.thing("module") is module for event in run.called(*WRAPPERS)) or any(
        trains(event, module) for event in run.called(_HOROVOD_OPTIMIZER)
    )


def familiar(run: ScriptRun) -> bool:
    """Nothing that the script calls could choose a GPU without being seen: torch itself and libraries that leave the
    choice to others, and the process group is made by torch's own call or Horovod's."""
    if run.unread or any(event.name not in (INITIALISER, HOROVOD) for event in run.effects(Effect.INITIALISES)):
        return False
    if _mesh_chooses(run):
        return False
    return all(
        event.row is not None or event.name.startswith(_HOROVOD_OPTIMIZER) or leaves_devices_alone(event.name)
        for event in run.events
    )


def _mesh_chooses(run: ScriptRun) -> bool:
    """A device mesh is made before CUDA is at work: it makes the GPU of the local rank the current one
    (`_setup_world_group_and_device` of torch/distributed/device_mesh.py, torch 2.13)."""
    mesh = next((event for event in run.called(*_MESHES) if event.name != SHARD or event.thing("mesh") is None), None)
    if mesh is None:
        return False
    first = next((use for use in uses(run) if use.named), None)
    return first is None or mesh.index < first.event.index


def may_choose(name: str) -> bool:
    """It sounds as if it could make a GPU the current one."""
    return _CHOOSES.search(name.lower()) is not None


def leaves_devices_alone(name: str) -> bool:
    """What a call that no row describes surely does not do: make a GPU the current one."""
    package, dot, rest = name.partition(".")
    if package == "?":
        return not may_choose(rest)
    return not dot or package in stdlib_module_names or package in _LEAVE_ALONE


def seen(process: Process, event: Event) -> Value:
    """How many GPUs the process sees when it makes the call: the script may have hidden some by then."""
    count = process.visible_gpus
    parent = process.spawned_by
    started = _start(process, parent) if parent is not None else None
    if parent is not None and started is not None:
        # The processes of a script find the environment as it was when it started them.
        count = seen(parent, started)
    if process.run is not None and process.run.sets_unknown_names:
        return unknown("the visible GPUs", key=("seen", process.at, process.node, process.local), low=0, whole=True)
    for write in process.writes:
        if write.name in MASKS and write.index <= event.index:
            if write.branches:
                key = ("seen", write.at, process.node, process.local)
                return unknown("the visible GPUs", key=key, low=0, whole=True)
            if not write.default or not process.environment.set(write.name):
                count = process.host.gpus if write.value.is_absent else listed(write.value)
    return count


def _start(process: Process, parent: Process) -> Event | None:
    """The call of the parent that started the process."""
    children = parent.run.children if parent.run is not None else ()
    return next((child.event for child in children if child.at == process.exec.at), None)


def _designators(event: Event) -> Iterator[tuple[str, Thing]]:
    """The parameters of the call that name a device, and what was given for them."""
    row = event.row
    if row is not None and row.device and event.name != "torch.device":
        given = event.thing(row.device)
        if given is not None:
            yield row.device, given
        elif event.method == "cuda" and not event.open:
            yield row.device, absent()
        return
    if event.method in _METHODS or not event.name.startswith("torch.") or event.name == "torch.device":
        return
    for name in _PARAMETERS:
        given = event.thing(name)
        if given is not None:
            yield name, given


def gpu(thing: Thing) -> Value | None:
    """The index of the GPU that a designator names: absent for the current GPU, None for no GPU.

    `3`, `"cuda:3"`, `torch.device("cuda", 3)`, `[3]`, `{"cuda:0": "cuda:3"}`.
    """
    if isinstance(thing, ListObject):
        # Several device_ids in one process are DataParallel's way; no single GPU is named.
        return gpu(thing.items[0]) if thing.complete and len(thing.items) == 1 else None
    if isinstance(thing, DictObject):
        targets = [as_value(target) for target in thing.entries.values()]
        return gpu(targets[0]) if thing.complete and len(targets) == 1 else None
    if isinstance(thing, External):
        return None  # a data type, as in `x.to(torch.float16)`
    if isinstance(thing, ExternalMethod) and thing.method in ("device", "dtype"):
        return None  # where another tensor is, wherever that may be
    if isinstance(thing, Either):
        return unknown("a device", key=("device", thing.serial))
    value = as_value(thing)
    if _current(value):
        return absent().after(value.trail)
    if value.integer is not None:
        return None if isinstance(value.constant, bool) or value.integer < 0 else value
    match value.content:
        case Text(parts=(str(kind), Value() as index)) if kind == "cuda:":
            return (absent() if _current(index) else index.as_int()).after(value.trail)
        case Text(parts=(str(kind), *_)) if not kind.startswith("cuda"):
            return None
        case _:
            pass
    string = value.string
    if string is not None:
        kind, colon, number = string.partition(":")
        if kind != "cuda":
            return None
        return _number(number, value) if colon else absent().after(value.trail)
    if value.known or value.is_absent:
        return absent() if value.is_absent else None
    return value


def _current(value: Value) -> bool:
    """It is what `torch.cuda.current_device()` answers, where that is not known."""
    symbol = value.content.symbol if isinstance(value.content, Term) else None
    return symbol is not None and isinstance(symbol.key, tuple) and symbol.key[:1] == ("current device",)


def _number(number: str, value: Value) -> Value | None:
    return known(int(number)).after(value.trail) if number.isdigit() else None
