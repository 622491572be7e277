"""What a process is told when it asks who it is: ranks, sizes and devices, from its environment and host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.effects import Answer, Row
from dtlint.run.script.objects import Instance, ListObject, Thing, as_value
from dtlint.source import Span
from dtlint.value import Const, How, Kind, Reach, Step, Value, absent, known, text, unknown

if TYPE_CHECKING:
    from dtlint.run.script.state import State
    from dtlint.run.script.trace import Event

_VARIABLES: Final[dict[str, dict[Answer, tuple[str, ...]]]] = {
    "torch": {
        Answer.RANK: ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK"),
        Answer.LOCAL_RANK: ("LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID"),
        Answer.SIZE: ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE"),
        Answer.LOCAL_SIZE: ("LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE"),
    },
    "horovod": {
        Answer.RANK: ("HOROVOD_RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK"),
        Answer.LOCAL_RANK: ("HOROVOD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID"),
        Answer.SIZE: ("HOROVOD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE"),
        Answer.LOCAL_SIZE: ("HOROVOD_LOCAL_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE"),
    },
    # `ParallelEnv` of python/paddle/distributed/parallel.py.
    "paddle": {Answer.RANK: ("PADDLE_TRAINER_ID",), Answer.SIZE: ("PADDLE_TRAINERS_NUM",)},
    # What jax/_src/clusters finds by itself; RANK is that of presumed processes.
    "jax": {
        Answer.RANK: ("SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "RANK"),
        Answer.SIZE: ("SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE", "WORLD_SIZE"),
    },
    # Lightning's, where Slurm started the processes (lightning/fabric/plugins/environments/slurm.py).
    "slurm": {
        Answer.RANK: ("SLURM_PROCID",),
        Answer.LOCAL_RANK: ("SLURM_LOCALID",),
        Answer.SIZE: ("SLURM_NTASKS",),
    },
}
_ON_TORCH: Final = ("torch", "lightning")
_INTERACTIVE: Final = ("bash", "interactive")
"""Names of jobs in which Lightning takes no notice of Slurm."""


def coordinate(state: State, answer: Answer, family: str = "torch") -> Value:
    """The process's place in the job, from the first variable that its launch sets; unknown if none does."""
    slot = {Answer.RANK: "rank", Answer.SIZE: "size"}.get(answer)
    if family in (*_ON_TORCH, "jax") and slot is not None:
        # Branches may have left one of several.
        stated = as_value(state.group[slot])
        if not stated.is_absent:
            return stated
    place = state.context.place
    if place is not None and family in _ON_TORCH and answer in (Answer.RANK, Answer.LOCAL_RANK, Answer.SIZE):
        return {Answer.RANK: place.rank, Answer.LOCAL_RANK: place.local, Answer.SIZE: place.size}[answer]
    if family == "lightning" and _started_by_slurm(state):
        family = "slurm"
    for name in _VARIABLES.get(family, _VARIABLES["torch"]).get(answer, ()):
        value = _variable(state, name)
        if value is not None and not value.is_absent:
            return value.as_int()
    return unknown(
        f"the {answer.value}",
        key=("coordinate", state.context.scope, family, answer.value),
        low=1 if answer in (Answer.SIZE, Answer.LOCAL_SIZE) else 0,
        whole=True,
    )


def _variable(state: State, name: str) -> Value | None:
    value = state.environment.get(name)
    if value is None and state.context.environment.set(name):
        return state.context.environment.get(name)
    return value


def _started_by_slurm(state: State) -> bool:
    """Lightning asks torchrun first, then Slurm (`_choose_and_init_cluster_environment` of
    lightning/pytorch/trainer/connectors/accelerator_connector.py)."""
    elastic, tasks, name = (
        _variable(state, each) for each in ("TORCHELASTIC_RUN_ID", "SLURM_NTASKS", "SLURM_JOB_NAME")
    )
    if (elastic is not None and not elastic.is_absent) or tasks is None or tasks.is_absent:
        return False
    return name is None or name.string not in _INTERACTIVE


def visible_devices(state: State, at: Span) -> Value:
    """How many GPUs the process sees: those that `CUDA_VISIBLE_DEVICES` leaves of the host's."""
    mask = state.environment.get("CUDA_VISIBLE_DEVICES")
    if mask is None and state.context.environment.set("CUDA_VISIBLE_DEVICES"):
        mask = state.context.environment.get("CUDA_VISIBLE_DEVICES")
    if mask is None or mask.is_absent:
        return state.context.host.gpus
    if mask.known:
        listed = [part for part in str(mask.constant).split(",") if part.strip() not in ("", "-1", "NoDevFiles")]
        return Value(Const(len(listed)), mask.trail)
    return unknown("the visible GPUs", key=("visible", state.context.scope), low=0, whole=True, trail=mask.trail)


def in_group(state: State, event: Event, group: Thing) -> Value:
    """The process's place in a group, or the group's size; unknown where it is not known which ranks the group has."""
    answer = event.row.answer if event.row is not None else None
    ranks = group.attributes.get("ranks") if isinstance(group, Instance) else None
    step = Step(How.COMPUTED, f"{event.method}() of a group", event.at)
    if isinstance(ranks, ListObject) and ranks.complete:
        numbers = [as_value(rank).integer for rank in ranks.items]
        members = sorted(number for number in numbers if number is not None)
        own = coordinate(state, Answer.RANK).integer
        if answer is Answer.SIZE:
            return known(len(numbers), step)
        if answer is Answer.RANK and own is not None and len(members) == len(numbers):
            return known(members.index(own) if own in members else -1, step)
    low = 1 if answer is Answer.SIZE else -1
    return state.anything(f"{event.method}() of a group", event.at, low=low, whole=True).because(step)


def answer_query(state: State, row: Row, receiver: Thing | None, at: Span) -> Thing:
    """What `row`'s query gives here and now."""
    answer = row.answer
    step = Step(How.COMPUTED, f"{row.name.rpartition('.')[2]}()", at)
    match answer:
        case Answer.RANK | Answer.LOCAL_RANK | Answer.SIZE | Answer.LOCAL_SIZE:
            return coordinate(state, answer, row.family).because(step)
        case Answer.IS_MAIN | Answer.IS_LOCAL_MAIN:
            asked = Answer.RANK if answer is Answer.IS_MAIN else Answer.LOCAL_RANK
            rank = coordinate(state, asked, row.family)
            if rank.integer is not None:
                return Value(Const(rank.integer == 0), rank.trail).because(step)
            return unknown("is main", key=("==", asked.value, 0, state.context.scope), low=0, high=1, whole=True)
        case Answer.SETTING:
            name = row.name.rpartition(".")[2]
            setting = unknown(name, key=("setting", row.name), reach=Reach.UNIFORM, low=0, whole=True)
            return setting.because(step)
        case Answer.COUNT | Answer.TURN:
            bounds = {"low": 0, "high": 1} if answer is Answer.TURN else {"low": 0}
            name = row.name.rpartition(".")[2]
            return state.anything(name, at, Reach.UNIFORM, kind=Kind.CHANCE, whole=True, **bounds).because(step)
        case Answer.INITIALISED:
            return state.group["initialised"]
        case Answer.AVAILABLE:
            return known(True)
        case Answer.HAS_DEVICE:
            devices = visible_devices(state, at)
            # Presumed where nothing says it: a script that asks is meant for GPUs.
            return known(devices.integer != 0)
        case Answer.DEVICES:
            return visible_devices(state, at).because(step)
        case Answer.DEVICE:
            index = coordinate(state, Answer.LOCAL_RANK, row.family).because(step)
            device = text(("cuda:", index.as_text()))
            return Instance("torch.device", {"type": known("cuda"), "index": index}, complete=False, value=device)
        case _:
            return as_value(state.group.get("device", absent())).or_default(
                unknown("the current device", key=("current device", state.context.scope), low=0, whole=True)
            )
