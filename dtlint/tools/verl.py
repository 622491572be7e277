"""verl's PPO and GRPO: the GPUs of its workers and how the inference engine cuts them up, as a Plan.

Keys and defaults: verl/trainer/config/ppo_trainer.yaml of 0.2 to 0.6; what is asked of them: `_build_rollout` of
verl/workers/fsdp_workers.py ("rollout world_size: … is not divisible by infer_tp: …") and `_validate_config` of
verl/trainer/ppo/ray_trainer.py.  The share of a mini batch: `ActorRolloutRefWorker` of verl/workers/fsdp_workers.py
of 0.4 to 0.7 ("normalized ppo_mini_batch_size … should be divisible by ppo_micro_batch_size_per_gpu …"), from 0.8 on
`prepare_micro_batches` of verl/workers/engine/utils.py ("data size must be divisible by …").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.run.files import Files
from dtlint.run.releases import at_least, release
from dtlint.tools.model_shapes import heads
from dtlint.tools.overrides import Overrides
from dtlint.value import How, Step, Value, absent, known, unknown

MODULES_OF_ONE_POOL: Final = ("verl.trainer.main_ppo",)
"""Programs whose workers train and answer on the same GPUs."""
GPUS: Final = 8
MINI: Final = 256
_ROLLOUT: Final = "actor_rollout_ref.rollout"
_ACTOR: Final = "actor_rollout_ref.actor"
_OTHER_ENGINES: Final = ("model_engine", "trainer.use_legacy_worker_impl", f"{_ACTOR}.ppo_micro_batch_size")
"""Settings under which the actor cuts its samples up in another way."""
_SPREAD: Final = (f"{_ACTOR}.ulysses_sequence_parallel_size", f"{_ACTOR}.fsdp_config.ulysses_sequence_parallel_size")
"""Processes that take one sample together."""
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
        plan.mini_batch = given.number(f"{_ACTOR}.ppo_mini_batch_size")
        if at_least(release(files, "verl", process.at.path), (0, 4)) and _sharded(given, process):
            plan.mini_batch_share = _share(given, plan, process)
            plan.share_micro_batch = given.number(f"{_ACTOR}.ppo_micro_batch_size_per_gpu")
    yield plan


def _sharded(given: Overrides, process: Process) -> bool:
    """The actor is verl's own on FSDP, with the defaults of `ppo_trainer.yaml`."""
    other = any(word.head.startswith(("--config", "-c")) for word in process.arguments)
    strategy = given.value(f"{_ACTOR}.strategy")
    known_one = strategy.is_absent or strategy.string in ("fsdp", "fsdp2")
    return known_one and not other and all(given.value(key).is_absent for key in _OTHER_ENGINES)


def _share(given: Overrides, plan: Plan, process: Process) -> Value:
    """Answers of a mini batch that fall to each process; unknown where they do not divide, which is another mistake."""
    answers = given.number(f"{_ROLLOUT}.n").or_default(known(1))
    mini = plan.mini_batch.or_default(known(MINI, _default(f"{_ACTOR}.ppo_mini_batch_size", MINI, process)))
    spread = known(1)
    for key in _SPREAD:
        spread = spread * given.number(key).or_default(known(1))
    processes = plan.size // spread
    if not ((plan.size % spread == 0) & (mini * answers % processes == 0) & (processes > 0)).always:
        return unknown("the share of a process", key=("verl share", process.at))
    return (mini * answers // processes).after(answers.trail)


def _size(given: Overrides, process: Process) -> Value:
    each, nodes = given.number("trainer.n_gpus_per_node"), given.number("trainer.nnodes")
    default = known(GPUS, _default("trainer.n_gpus_per_node", GPUS, process))
    size = each.or_default(default) * nodes.or_default(known(1))
    return size if (size > 0).always else unknown("the world size", key=("verl world", process.at))


def _default(key: str, value: int, process: Process) -> Step:
    return Step(How.DEFAULT, f"{key} is {value} by default", process.at)
