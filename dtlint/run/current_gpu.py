"""What a process does before it makes its GPU the current one: until then everything without a number is on GPU 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.visibility import MASKS
from dtlint.record import record
from dtlint.run.chosen_gpu import BY_LOCAL_RANK
from dtlint.run.devices import INITIALISER, Use, leaves_devices_alone, may_choose, own_gpu, uses, wraps
from dtlint.run.effects import Effect
from dtlint.run.epochs import passes
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import known

_TORCH: Final = ("torch", "?", "random", "numpy")
_OBJECTS: Final = frozenset(
    f"torch.distributed.{name}"
    for name in ("all_gather_object", "broadcast_object_list", "gather_object", "scatter_object_list")
)
_BARRIER: Final = "torch.distributed.barrier"
_HOROVOD: Final = "horovod."
"""It works on the GPU that each tensor is on, and puts the current one back (`with_device` of
horovod/torch/cuda_util.cc)."""
_SYNCHRONIZE: Final = "torch.cuda.synchronize"
_CONTEXT: Final = "torch.cuda.device"
GROUP_MAKERS: Final = (INITIALISER, "deepspeed.init_distributed")
"""They leave the current GPU as it is (deepspeed/comm/comm.py and torch.py of 0.19: no `set_device` there)."""


@record(eq=False)
class Early:
    """A call that takes the current GPU while that is still GPU 0."""

    event: Event
    own: Use
    """The call that tells which GPU the process works on."""
    choice: Event | None
    """The call that makes that GPU the current one, which comes too late; None where none does."""
    refused: bool
    """NCCL meets two processes on one GPU and refuses."""


def early(process: Process) -> Iterator[Early]:
    """Calls in order of a process whose own GPU is surely another one than GPU 0.

    Sources: torch/distributed/distributed_c10d.py: the objects of an NCCL group travel on `current_device()`, and
    `barrier()` makes a tensor on it; torch/utils/data/dataloader.py and pytorch/pytorch#21081: so does pinned memory.
    """
    run = process.run
    if run is None or run.unread or run.sets_unknown_names:
        return
    found, own = tuple(uses(run)), own_gpu(process)
    choice = next((use.event for use in found if use.binds), None)
    if own is None or (choice is not None and not _chooses(choice, found, process.local)):
        return
    placed = [use for use in found if use.named and use.index.is_absent and not use.binds]
    connected = False
    for event in run.events:
        if event is choice or _may_choose(event, expected=choice is not None):
            return
        if event.name == INITIALISER:
            connected = _connects(event)
        if not event.surely or any(context.name == _CONTEXT for context in event.contexts):
            continue
        if (connected and _meets_on_current(event, placed)) or _places_model(run, event, found):
            yield Early(event, own, choice, refused=True)
        elif _touches_current(event, connected) or any(use.event is event for use in placed):
            yield Early(event, own, choice, refused=False)
    if choice is None:
        yield from (Early(event, own, None, refused=False) for event in _pinning(run))


def before_library(process: Process) -> tuple[Event, Event] | None:
    """The first call that puts something on the current GPU, still GPU 0, and the call of a library that will make
    the GPU of the local rank the current one; None where the script or anything unread may choose one before."""
    run = process.run
    if run is None or run.unread or run.sets_unknown_names or not process.local:
        return None
    if process.environment.set("ACCELERATE_USE_CPU") or any(write.name in MASKS for write in process.writes):
        return None
    placed = {use.event for use in uses(run) if use.event.surely and use.starts and use.index.is_absent}
    first: Event | None = None
    for event in run.events:
        if event.name in BY_LOCAL_RANK:
            told = not event.surely or event.open or not event.argument("cpu").is_absent
            return None if first is None or told else (first, event)
        if event.name not in GROUP_MAKERS and _may_choose(event, expected=True):
            return None
        if first is None and event in placed and not any(context.name == _CONTEXT for context in event.contexts):
            first = event
    return None


def _chooses(choice: Event, found: tuple[Use, ...], local: int) -> bool:
    """The call surely makes the process's own GPU the current one, and nothing but that."""
    return (
        choice.surely
        and choice.name != "torch.set_default_device"
        and any(use.event is choice and use.index.integer == local for use in found)
    )


def _may_choose(event: Event, expected: bool) -> bool:
    """It makes some GPU the current one, or is code of which nothing is known.

    With a choice `expected`, because the script makes it later on its own account, what no row describes would have
    to sound like one.
    """
    row = event.row
    if event.name.startswith(_HOROVOD):
        return False
    if row is None:
        return not leaves_devices_alone(event.name) and (not expected or may_choose(event.name))
    if Effect.BINDS_DEVICE in row.effects:
        return True
    if Effect.INITIALISES in row.effects:
        return event.name != INITIALISER
    return event.name.partition(".")[0] not in _TORCH or ".device_mesh." in event.name


def _connects(event: Event) -> bool:
    """The call makes an NCCL group whose processes are not told their GPUs."""
    backend = event.argument("backend")
    return event.surely and not event.open and (backend == "nccl").surely and event.thing("device_id") is None


def _meets_on_current(event: Event, placed: list[Use]) -> bool:
    """A collective of the whole world by way of the current GPU: of objects, or of a tensor that was put there."""
    row = event.row
    if row is None or Effect.COLLECTIVE not in row.effects or not event.name.startswith("torch.distributed."):
        return False
    if event.open or not event.argument("group").is_absent:
        return False
    if event.name in _OBJECTS:
        return event.argument("device").is_absent
    subject = event.thing(row.subject) if row.subject else None
    return subject is not None and any(
        use.event.surely and use.event.index < event.index and subject in (use.event.receiver, use.event.result)
        for use in placed
    )


def _touches_current(event: Event, connected: bool) -> bool:
    """A call that opens a CUDA context on the current GPU, if there is none yet."""
    if event.name == _BARRIER:
        return connected and not event.open and event.thing("device_ids") is None
    return event.name == _SYNCHRONIZE and not (event.positional or event.keywords or event.open)


def _places_model(run: ScriptRun, event: Event, found: tuple[Use, ...]) -> bool:
    """The call puts a model that is trained on all processes on the current GPU, and nothing puts it elsewhere."""
    here = [use for use in found if use.event is event]
    if not here or not wraps(run, event.receiver):
        return False
    moves = [use for use in found if use.event.receiver is event.receiver]
    return all(use.named and use.index.is_absent for use in moves)


def _pinning(run: ScriptRun) -> Iterator[Event]:
    """Calls that make a loader which the script goes over and which pins its batches for the current GPU."""
    for one in passes(run):
        made = one.loader.made_by
        if made is None or not made.surely or made.open or made.thing("pin_memory_device") is not None:
            continue
        if (made.argument("pin_memory") == known(True)).surely:
            yield made
