"""What a function finds that submitit runs in a task of Slurm: `SlurmJobEnvironment` of submitit/slurm/slurm.py and
`TorchDistributedEnvironment` of submitit/helpers.py (1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Attribute, Function
from dtlint.run.script.objects import Thing
from dtlint.source import Span
from dtlint.value import How, Step, Value, known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

_JOB: Final = "submitit.JobEnvironment"
_TORCH: Final = "submitit.helpers.TorchDistributedEnvironment"

_READ: Final = {
    "global_rank": "SLURM_PROCID",
    "local_rank": "SLURM_LOCALID",
    "num_tasks": "SLURM_NTASKS",
    "node": "SLURM_NODEID",
    "num_nodes": "SLURM_JOB_NUM_NODES",
    "rank": "SLURM_PROCID",
    "world_size": "SLURM_NTASKS",
}
"""The variable that each property reads; the last two are those of the helper for PyTorch."""


def _told(machine: Caller, name: str, at: Span) -> Value | None:
    variable = _READ.get(name)
    if variable is None:
        return None
    value = machine.environment.get(variable)
    if value is None and machine.context.environment.set(variable):
        value = machine.context.environment.get(variable)
    return machine.anything(name, at) if value is None or value.is_absent else value.as_int()


def _attribute(machine: Caller, thing: Thing, name: str, at: Span) -> Thing | None:
    return _told(machine, name, at)


def _export(machine: Caller, call: Arguments) -> Thing | None:
    """Each process is told its place, and unless it is asked not to, that the GPU of its local rank is the only one."""
    local = _told(machine, "local_rank", call.at)
    narrowed = call.get(1, "set_cuda_visible_devices")
    told: dict[str, Value | None] = {
        "RANK": _told(machine, "rank", call.at),
        "WORLD_SIZE": _told(machine, "world_size", call.at),
        "LOCAL_RANK": local,
        "LOCAL_WORLD_SIZE": machine.anything("the tasks on a node", call.at, low=1, whole=True),
        "MASTER_ADDR": machine.anything("the first node", call.at),
        "MASTER_PORT": machine.anything("the port", call.at, low=20_000, high=60_000, whole=True),
    }
    if narrowed is None or machine.decide(narrowed):
        step = Step(How.ENVIRONMENT, "export() leaves each process the GPU of its local rank", call.at)
        told["CUDA_VISIBLE_DEVICES"] = local.because(step) if local is not None else None
    elif machine.decide(narrowed) is None:
        told["CUDA_VISIBLE_DEVICES"] = machine.anything("the visible GPUs", call.at)
    for name, value in told.items():
        if value is not None:
            machine.write_environment(name, value.as_text(), call.at)
    return call.get(0) or known(None)


FUNCTIONS: Final[dict[str, Function]] = {f"{_TORCH}.export": _export}
ATTRIBUTES: Final[dict[str, Attribute]] = dict.fromkeys((_JOB, _TORCH), _attribute)
