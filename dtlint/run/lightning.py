"""Lightning's trainers under Slurm: which of them join a group of all tasks.

`SLURMEnvironment` of src/lightning/fabric/plugins/environments/slurm.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dtlint.value import How

if TYPE_CHECKING:
    from dtlint.job.process import Process
    from dtlint.run.script.trace import Event

TRAINERS: Final = ("lightning.pytorch.Trainer", "lightning.fabric.Fabric")
STRATEGIES: Final = (
    "ddp", "ddp_find_unused_parameters_true", "ddp_find_unused_parameters_false", "fsdp", "deepspeed"
)  # fmt: skip
"""Strategies of one process for each device."""


def trainers(process: Process) -> Iterator[Event]:
    """Those that the script surely makes and that find out by themselves how their processes were started."""
    for event in process.called(*TRAINERS):
        strategy = event.argument("strategy").string or ""
        if event.surely and event.argument("plugins").is_absent and strategy in STRATEGIES:
            yield event


def interactive(process: Process) -> bool:
    """Lightning then takes no notice of Slurm; a name that somebody gives and that is not known may be such a one."""
    name = process.variable("SLURM_JOB_NAME")
    if name.known:
        # What stands in braces is filled in by somebody.
        return name.string in ("bash", "interactive") or "{" in str(name)
    return any(step.how is How.OPTION for step in name.trail)
