"""PaddlePaddle's launcher, `python -m paddle.distributed.launch`, for the data-parallel processes of one host.

Options: `parse_args` of python/paddle/distributed/launch/context/args_envs.py; how many processes, and what they find:
`pod_replicas` of launch/controllers/controller.py and `_build_pod_with_master` of launch/controllers/collective.py
(https://github.com/PaddlePaddle/Paddle).  Where it may reach other hosts, or starts parameter servers, it is not
followed.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.launch import Child, Launch, Rendezvous
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.visibility import visible
from dtlint.run.word import Exec, Word, plain
from dtlint.tools.options import Options, Spec, option, parse
from dtlint.value import How, Step, Value, absent, known, unknown

COMMANDS: Final = frozenset({"fleetrun"})
MODULES: Final = frozenset({"paddle.distributed.launch"})
TOOL: Final = "paddle.distributed.launch"

_PLAIN: Final = (
    "--log_level", "--log_overwrite", "--sort_ip", "--enable_gpu_log", "--log_dir", "--job_id", "--max_restart",
    "--elastic_level", "--elastic_timeout", "--host",
)  # fmt: skip
_ELSEWHERE: Final = (
    "--master", "--rank", "--ips", "--servers", "--trainers", "--workers", "--server_num", "--trainer_num",
    "--worker_num", "--heter_workers", "--heter_worker_num", "--heter_devices", "--gloo_port", "--with_gloo",
    "--legacy", "--auto_tuner_json", "--auto_parallel_config", "--auto_cluster_config", "--start_port",
)  # fmt: skip
"""Options of several hosts, of parameter servers, and of what works the rest out for itself."""
_SPEC: Final = Spec(
    (
        *map(option, _PLAIN),
        *map(option, _ELSEWHERE),
        option("--nnodes"),
        option("--nproc_per_node"),
        option("--run_mode"),
        option("--devices", "--gpus", "--selected_gpus", "--xpus", "--npus"),
    )
)
_VARIABLES: Final = ("PADDLE_MASTER", "PADDLE_NNODES", "PADDLE_RUN_MODE", "PADDLE_DEVICES", "PADDLE_NPROC_PER_NODE",
                     "PADDLE_SERVER_NUM", "PADDLE_TRAINER_NUM", "PADDLE_IPS")  # fmt: skip
"""They stand for options that are not given."""


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    options = parse(words, _SPEC)
    nodes, mode = options.value("--nnodes"), options.value("--run_mode")
    one_host = nodes.is_absent or nodes.string == "1"
    collective = mode.is_absent or mode.string == "collective"
    told = any(map(options.has, _ELSEWHERE)) or any(map(exec.environment.set, _VARIABLES))
    if options.hidden or not options.rest or not one_host or not collective or told:
        return None
    per_node = _processes(exec, options)
    launch = Launch(
        tool=TOOL,
        exec=exec,
        options=options,
        nodes=known(1, Step(How.DEFAULT, "it starts processes on its own host", exec.at)),
        per_node=per_node,
        total=per_node,
        node_rank=absent(),
        rendezvous=Rendezvous("none", absent(), absent(), absent()),
        allocation=site.allocation,
    )
    launch.children = tuple(_child(launch, local) for local in corners(per_node, presumed=2))
    return launch


def _processes(exec: Exec, options: Options) -> Value:
    """As many as it is told, or else one for each device."""
    told, devices = options.value("--nproc_per_node"), options.value("--devices")
    if not told.is_absent:
        return told.as_int()
    if devices.is_absent:
        return visible(exec.environment, exec.host)
    if devices.string is None:
        return unknown("the number of devices", key=("paddle devices", exec.at), low=1, whole=True)
    return known(len(devices.string.split(","))).after(devices.trail)


def _child(launch: Launch, local: int) -> Child:
    exec = launch.exec
    here = Step(How.ENVIRONMENT, f"set by {TOOL} for its processes", exec.at)
    given: dict[str, Value] = {
        "PADDLE_GLOBAL_SIZE": launch.total,
        "PADDLE_LOCAL_SIZE": launch.per_node,
        "PADDLE_GLOBAL_RANK": known(local),
        "PADDLE_LOCAL_RANK": known(local),
        "PADDLE_NNODES": known(1),
        "PADDLE_TRAINER_ID": known(local),
        "PADDLE_TRAINERS_NUM": launch.total,
        "PADDLE_RANK_IN_NODE": known(local),
    }
    for name in ("PADDLE_MASTER", "PADDLE_TRAINER_ENDPOINTS", "PADDLE_CURRENT_ENDPOINT", "FLAGS_selected_gpus"):
        given[name] = unknown(f"${name}", key=("paddle", exec.at, name, local))
    return Child(
        host=exec.host,
        environment=exec.environment.with_({name: value.because(here).as_text() for name, value in given.items()}),
        argv=(plain("python", launch.options.rest[0].at), *launch.options.rest),
        node=exec.host.index,
        local=local,
        at=exec.at,
        directory=exec.directory,
        rank=known(local),
    )
