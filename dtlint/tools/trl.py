"""TRL's GRPO: how many answers to one prompt there are, and the GPU that vLLM takes, as a Plan.

Fields, defaults and checks: trl/trainer/grpo_config.py and grpo_trainer.py at the tags v0.14.0, v0.15.2, v0.16.0,
v0.17.0 and of 1.9; `--config`: `TrlParser.parse_args_and_config` of trl/scripts/utils.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.job.site import known_tail
from dtlint.run.files import Files
from dtlint.run.releases import minor, release
from dtlint.run.settings import value_of
from dtlint.tools.transformers import of_call, of_command
from dtlint.value import Fields, How, Scalar, Step, Value, absent, known, unknown

DEFAULTS: Final[dict[str, Scalar]] = {
    "num_generations": 8,
    "per_device_train_batch_size": 8,
    "gradient_accumulation_steps": 1,
}
STEPS: Final = ("steps_per_generation", "generation_batch_size")
"""Fields of later releases, of which either takes the place of the accumulation."""



def plans(process: Process, files: Files) -> Iterator[Plan]:
    """The plan of a process that surely makes one GRPO trainer."""
    run = process.run
    if run is None or process.script is None:
        return
    trainers = [event for event in run.events if event.method == "GRPOTrainer"]
    if len(trainers) != 1 or not trainers[0].surely:
        return
    value = _values(process, files)
    if value is None:
        return
    at = trainers[0].at

    def setting(name: str) -> Value:
        default = known(DEFAULTS[name], Step(How.DEFAULT, f"{name} is {DEFAULTS[name]} by default", at))
        return value(name).or_default(default).as_int()

    pinned = minor(release(files, "trl", process.script))
    plan = Plan(at=at, process=process, world=process.world, source="trl")
    plan.micro_batch = setting("per_device_train_batch_size")
    plan.accumulation = setting("gradient_accumulation_steps")
    plan.answers = setting("num_generations")
    if any(not value(name).is_absent for name in STEPS):
        plan.answers_at_once = unknown("the generation batch size", key=("generation batch", at))
    elif pinned is not None and pinned < (0, 17):
        plan.answers_at_once = plan.micro_batch * plan.world_size
    else:
        plan.answers_at_once = plan.micro_batch * plan.world_size * plan.accumulation
    if pinned is not None and (0, 14) <= pinned < (0, 16) and (value("use_vllm") == True).always:  # noqa: E712
        plan.engine_device = _device(value("vllm_device"), plan)
    yield plan


def _device(device: Value, plan: Plan) -> Value:
    """The index of the GPU on which vLLM runs."""
    if device.is_absent or device.string == "auto":
        said = "TRL takes the GPU behind those of the training processes for vLLM"
        return plan.world_size.because(Step(How.DEFAULT, said, device.at if device.trail else plan.at))
    return device.mapped("device", lambda it: int(str(it).removeprefix("cuda:")))


def _values(process: Process, files: Files) -> Callable[[str], Value] | None:
    """Fields of `GRPOConfig` from the call, or from the command line and the file that it names."""
    events = process.events
    made = [event for event in events if event.method == "GRPOConfig"]
    if made:
        return of_call(made[0]) if len(made) == 1 else None
    if not any(event.method == "parse_args_and_config" for event in events):
        return None
    words = process.arguments
    path = next((known_tail(after) for word, after in pairwise(words) if word.string == "--config"), None)
    given = of_command(process, defaults=False)
    if path is None or given is None:
        return None
    found = files.resolve(path, process.exec.directory.string, process.script or process.at.path)
    document = files.document(found) if found is not None else None
    record = value_of(document.roots[0]) if document is not None and document.roots else absent()
    if not isinstance(record.content, Fields):
        return None
    return lambda name: given(name).or_default(record.field(name))
