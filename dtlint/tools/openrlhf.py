"""OpenRLHF's PPO on Ray: the GPUs of the actor and those of the engines that share them, as a Plan.

Options and what is asked of them: openrlhf/cli/train_ppo_ray.py of 0.6 and later ("actor_num_nodes *
actor_num_gpus_per_node must be equal to vllm_num_engines * vllm_tensor_parallel_size").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.tools.options import Spec, flag, option, parse
from dtlint.value import known

MODULE: Final = "openrlhf.cli.train_ppo_ray"
SPEC: Final = Spec(
    (
        *(option(name) for name in ("--actor_num_nodes", "--actor_num_gpus_per_node", "--vllm_num_engines",
                                    "--vllm_tensor_parallel_size")),
        flag("--colocate_all_models"),
        flag("--async_train"),
    ),
    interspersed=True,
)  # fmt: skip


def plans(process: Process) -> Iterator[Plan]:
    """The plan of a process whose engines are put on the GPUs of the actor."""
    if process.module != MODULE:
        return
    options = parse(process.arguments, SPEC)
    options = replace(options, hidden=(*options.hidden, *(word for word in options.rest if word.string is None)))
    if not options.has("--colocate_all_models") or options.has("--async_train") or options.hidden:
        return
    engines = options.value("--vllm_num_engines").as_int()
    if engines.is_absent or not (engines > 0).always:
        return
    plan = Plan(at=process.at, process=process, world=process.world, source="openrlhf")
    each = options.value("--actor_num_gpus_per_node").as_int().or_default(known(8))
    plan.size = options.value("--actor_num_nodes").as_int().or_default(known(1)) * each
    plan.data = engines
    plan.tensor = options.value("--vllm_tensor_parallel_size").as_int()
    yield plan
