"""verl's PPO and GRPO: the GPUs of its workers and how the inference engine cuts them up, as a Plan.

Keys and defaults: verl/trainer/config/ppo_trainer.yaml of 0.2 to 0.6; what is asked of them: `_build_rollout` of
verl/workers/fsdp_workers.py ("rollout world_size: … is not divisible by infer_tp: …") and `_validate_config` of
verl/trainer/ppo/ray_trainer.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.run.files import Files
from dtlint.tools.model_shapes import heads
from dtlint.tools.overrides import Overrides
from dtlint.value import How, Step, Value, absent, known, unknown

MODULES_OF_ONE_POOL: Final = ("verl.trainer.main_ppo",)
"""Programs whose workers train and answer on the same GPUs."""
GPUS: Final = 8
_ROLLOUT: Final = "actor_rollout_ref.rollout"
_OWN_GPUS: Final = (f"{_ROLLOUT}.nnodes", f"{_ROLLOUT}.n_gpus_per_node", "trainer.use_legacy_worker_impl")


def plans(process: Process, files: Files) -> Iterator[Plan]:
    """The plan of a process that starts verl's trainer."""
    if process.module not in MODULES_OF_ONE_POOL:
        return
    given = Overrides(process)
    plan = Plan(at=process.at, process=process, world=process.world, source="verl")
    plan.size = _size(given, process)
    plan.tensor = given.number(f"{_ROLLOUT}.tensor_model_parallel_size")
    if any(not given.value(key).is_absent for key in _OWN_GPUS):
        plan.tensor = absent()
    plan.heads, plan.kv_heads = heads(given.value("actor_rollout_ref.model.path"), process, files)
    dynamic = given.value("actor_rollout_ref.actor.use_dynamic_bsz")
    if dynamic.is_absent or (dynamic.string or "").lower() == "false":
        plan.global_batch = given.number("data.train_batch_size")
        plan.mini_batch = given.number("actor_rollout_ref.actor.ppo_mini_batch_size")
    yield plan


def _size(given: Overrides, process: Process) -> Value:
    each, nodes = given.number("trainer.n_gpus_per_node"), given.number("trainer.nnodes")
    step = Step(How.DEFAULT, f"trainer.n_gpus_per_node is {GPUS} by default", process.at)
    size = each.or_default(known(GPUS, step)) * nodes.or_default(known(1))
    return size if (size > 0).always else unknown("the world size", key=("verl world", process.at))
