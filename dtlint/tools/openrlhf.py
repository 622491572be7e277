"""OpenRLHF's PPO on Ray: the GPUs of the actor and those of the engines that share them, as a Plan.

Options and what is asked of them: openrlhf/cli/train_ppo_ray.py of 0.6 and later ("actor_num_nodes *
actor_num_gpus_per_node must be equal to vllm_num_engines * vllm_tensor_parallel_size"), and `_validate_args` there of
0.5.6 to 0.6.4, of which later releases ask less.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dtlint.job.plan import Conflict, Plan
from dtlint.job.process import Process
from dtlint.run.files import Files
from dtlint.run.releases import release
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.value import FALSE, TRUE, How, Step, Truth, Value, known

MODULE: Final = "openrlhf.cli.train_ppo_ray"
SPEC: Final = Spec(
    (
        *(option(name) for name in ("--actor_num_nodes", "--actor_num_gpus_per_node", "--critic_num_nodes",
                                    "--critic_num_gpus_per_node", "--vllm_num_engines", "--vllm_tensor_parallel_size",
                                    "--rollout_batch_size", "--advantage_estimator")),
        flag("--colocate_all_models"),
        flag("--async_train"),
    ),
    interspersed=True,
)  # fmt: skip
DEFAULTS: Final = {
    "--actor_num_nodes": 1,
    "--actor_num_gpus_per_node": 8,
    "--critic_num_nodes": 1,
    "--critic_num_gpus_per_node": 8,
    "--rollout_batch_size": 1024,
}
_RELEASE: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)")
VALIDATES: Final = (0, 5, 6), (0, 7, 0)
"""The first release that asks the GPUs of the actor, those of the critic and the engines to divide evenly, and the
first that asks it in another way."""
MULTIPLES: Final = 0, 6, 0
"""The first that takes several engines for each GPU of the actor too."""


def plans(process: Process, files: Files) -> Iterator[Plan]:
    """The plan of a process whose engines are put on the GPUs of the actor, or whose release checks its options."""
    if process.module != MODULE:
        return
    options = parse(process.arguments, SPEC)
    options = replace(options, hidden=(*options.hidden, *(word for word in options.rest if word.string is None)))
    if options.has("--async_train") or options.hidden:
        return
    plan = Plan(at=process.at, process=process, world=process.world, source="openrlhf")
    engines = options.value("--vllm_num_engines").as_int()
    if options.has("--colocate_all_models") and not engines.is_absent and (engines > 0).always:
        plan.size = _gpus(options, "actor", process)
        plan.data = engines
        plan.tensor = options.value("--vllm_tensor_parallel_size").as_int()
    plan.conflicts = tuple(_conflicts(options, release(files, "openrlhf", process.at.path), process))
    if plan.conflicts or not plan.size.is_absent:
        yield plan


def _conflicts(options: Options, pinned: Value, process: Process) -> Iterator[Conflict]:
    """What `_validate_args` refuses."""
    found = _RELEASE.match(pinned.string or "")
    numbers = tuple(map(int, found.groups())) if found is not None else ()
    first, behind = VALIDATES
    if not first <= numbers < behind:
        return
    actor = _gpus(options, "actor", process)
    batch = _number(options, "--rollout_batch_size", process)
    yield _conflict(batch, actor, "rollout_batch_size {} must be a multiple of the actor's {} GPUs", pinned)
    engines = options.value("--vllm_num_engines").as_int()
    if not engines.is_absent and not options.has("--colocate_all_models"):
        # Where both share their GPUs, these must be as many, which says more.
        several = engines % actor == 0 if numbers >= MULTIPLES else FALSE
        yield _conflict(engines, actor, "its {} engines must divide the actor's {} GPUs", pinned, ~several, swap=True)
    estimator = options.value("--advantage_estimator")
    with_critic = TRUE if estimator.is_absent else estimator == "gae"
    critic = _gpus(options, "critic", process)
    yield _conflict(critic, actor, "the critic's {} GPUs must divide the actor's {}", pinned, with_critic, swap=True)


def _conflict(
    option: Value, actor: Value, reason: str, pinned: Value, where: Truth = TRUE, *, swap: bool = False
) -> Conflict:
    """`option` is no multiple of the actor's GPUs, or, in the other order, does not divide them."""
    whole, part = (actor, option) if swap else (option, actor)
    refused = (whole % part != 0) & (option > 0) & (actor > 0) & where
    return Conflict(option, reason.format(option, actor), (actor, pinned), refused)


def _gpus(options: Options, who: str, process: Process) -> Value:
    return _number(options, f"--{who}_num_nodes", process) * _number(options, f"--{who}_num_gpus_per_node", process)


def _number(options: Options, name: str, process: Process) -> Value:
    step = Step(How.DEFAULT, f"{name} is {DEFAULTS[name]} by default", process.at)
    return options.value(name).as_int().or_default(known(DEFAULTS[name], step))
