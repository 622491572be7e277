"""`llamafactory-cli train`, which starts torchrun with what variables say.

`main` of src/llamafactory/cli.py (launcher.py since 0.9.4) of LLaMA-Factory: torchrun where `FORCE_TORCHRUN` is true or
there are several devices; `NNODES`, `NODE_RANK`, `NPROC_PER_NODE`, `MASTER_ADDR` and `MASTER_PORT` say how.
"""

from __future__ import annotations

from dtlint.job.launch import Launch
from dtlint.job.site import Site
from dtlint.job.visibility import visible
from dtlint.run.word import Exec, Piece, Word, plain
from dtlint.tools import torchrun
from dtlint.value import Value, unknown

COMMANDS = frozenset({"llamafactory-cli", "lmf"})
MODULES = frozenset({"llamafactory.cli"})


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    if not words or words[0].string != "train" or not _by_torchrun(exec):
        return None
    environment, at = exec.environment, exec.at
    started = (
        _option("--nnodes", environment.get("NNODES"), exec),
        _option("--node_rank", _node_rank(exec), exec),
        _option("--nproc_per_node", environment.get("NPROC_PER_NODE"), exec)
        if environment.set("NPROC_PER_NODE")
        else plain("--nproc_per_node=gpu", at),
        _option("--master_addr", environment.get("MASTER_ADDR"), exec),
        # Without the variable it draws a port, on each host another one.
        _option("--master_port", environment.get("MASTER_PORT"), exec),
        plain("-m", at),
        plain("llamafactory.launcher", at),
    )
    launch = torchrun.spawn(exec, (*started, *words[1:]), "torchrun", site)
    if launch is not None:
        launch.tool = command
    return launch


def _by_torchrun(exec: Exec) -> bool:
    """It surely starts torchrun, and not an elastic one or Ray."""
    environment = exec.environment
    if environment.set("USE_RAY") or environment.set("RDZV_ID"):
        return False
    forced = environment.get("FORCE_TORCHRUN").string
    if forced is not None and forced.lower() in ("1", "true"):
        return True
    return (visible(environment, exec.host) > 1).surely


def _node_rank(exec: Exec) -> Value:
    """Releases up to 0.9.0 read `RANK` instead."""
    if exec.environment.set("NODE_RANK") and not exec.environment.set("RANK"):
        return exec.environment.get("NODE_RANK")
    return unknown("the node rank", key=("llamafactory node rank", exec.at, exec.host.index), low=0, whole=True)


def _option(name: str, value: Value, exec: Exec) -> Word:
    content = value.string if value.string is not None else value
    return Word((Piece(f"{name}=", exec.at), Piece(content, exec.at)), exec.at, f"{name}={value}", value.trail)
