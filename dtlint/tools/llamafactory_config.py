"""What LLaMA-Factory is asked for, as a Plan with what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.run.files import Files
from dtlint.run.releases import at_least, release
from dtlint.tools.deepspeed_config import document
from dtlint.tools.llamafactory import LAUNCHER, by_torchrun
from dtlint.tools.llamafactory_arguments import arguments
from dtlint.tools.llamafactory_refusals import Engine, conflicts
from dtlint.value import FALSE, TRUE, Fields, How, Step, Truth, Value, absent, known, undecided, unknown

RANKED: Final = ("torchrun", "deepspeed", "llamafactory-cli", "lmf")
"""Launchers that tell every process its rank, also where it is the only one."""
ELSEWHERE: Final = ("USE_MCA", "USE_MEGATRON_BRIDGE", "USE_KT", "USE_V1")
"""With these other programs train, by other rules."""

CHECKED: Final = (0, 9)
"""The first release whose refusals are known."""


def plans(process: Process, files: Files) -> Iterator[Plan]:
    """The plan of a process that trains by a file, or by options, that are known."""
    record = arguments(process, files)
    if record is None or any(process.environment.set(name) for name in ELSEWHERE):
        return
    at = record.trail[0].at if record.trail else process.at
    if not at_least(release(files, "llamafactory", at.path), CHECKED):
        return
    stage = _stage(record.field("deepspeed"), process, files)
    engine = Engine(_distributed(process), _alone(process), process.visible_gpus, stage, _fsdp(process))
    found = tuple(conflicts(record, engine, _weights(record, process, files)))
    yield Plan(at=at, process=process, world=process.world, source="llamafactory", conflicts=found)


def _distributed(process: Process) -> Truth:
    """Each process is told its rank, which the Trainer asks for."""
    launch = process.launch
    if launch is not None:
        return TRUE if launch.ranks and launch.tool in RANKED else undecided(launch.total)
    if process.module == LAUNCHER:
        return by_torchrun(process.exec)
    rank = process.environment.get("LOCAL_RANK")
    return FALSE if process.environment.set("LOCAL_RANK") and rank.is_absent else undecided(rank)


def _alone(process: Process) -> Value:
    """Where the one process was started, and what hides the other GPUs from it."""
    started = Step(How.COMPUTED, "one process is started here", process.at)
    return known(1, started).after(process.visible_gpus.trail)


def _stage(config: Value, process: Process, files: Files) -> Value:
    """ZeRO's; absent where no DeepSpeed is asked for."""
    if config.is_absent or (config.known and config.constant is None):
        return absent()
    record = config if isinstance(config.content, Fields) else None
    if record is None and config.string is not None:
        record = document(config.string, process, files)
    if record is None:
        return unknown("ZeRO's stage", key=("stage", process.at))
    return record.get("zero_optimization.stage").as_int()


def _fsdp(process: Process) -> Value:
    """The setting of accelerate's configuration that has the Trainer wrap the model in FSDP; absent where none does."""
    launch = process.launch
    kind = launch.config.field("distributed_type") if launch is not None and launch.tool == "accelerate" else absent()
    return kind if kind.string == "FSDP" else absent()


def _weights(record: Value, process: Process, files: Files) -> Value:
    """The configuration of the model where it stands in the workspace; absent where it does not."""
    folder = record.field("model_name_or_path").string
    config = document(f"{folder.rstrip('/')}/config.json", process, files) if folder else None
    return config if config is not None else absent()
