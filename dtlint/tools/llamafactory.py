"""`llamafactory-cli train`, which starts torchrun with what variables say, or trains itself.

`main` of src/llamafactory/cli.py (launcher.py since 0.9.4) of LLaMA-Factory: torchrun where `FORCE_TORCHRUN` is true or
there are several devices; `NNODES`, `NODE_RANK`, `NPROC_PER_NODE`, `MASTER_ADDR` and `MASTER_PORT` say how.  Up to
0.9.0 it read `RANK` for `NODE_RANK` (compared at the tags v0.8.3 to v0.9.5).
"""

from __future__ import annotations

import re

from dtlint.job.launch import Child, Launch, alone
from dtlint.job.site import Site
from dtlint.job.visibility import visible
from dtlint.run.releases import release
from dtlint.run.word import Exec, Piece, Word, plain
from dtlint.tools import torchrun
from dtlint.tools.options import Options
from dtlint.value import TRUE, How, Step, Truth, Value, known, undecided, unknown

COMMANDS = frozenset({"llamafactory-cli", "lmf"})
MODULES = frozenset({"llamafactory.cli"})

LAUNCHER = "llamafactory.launcher"
"""The module that its processes run."""

_RELEASE = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    if not words or words[0].string != "train" or _elsewhere(exec):
        return None
    environment, at = exec.environment, exec.at
    program = (plain("-m", at), plain(LAUNCHER, at), *words[1:])
    if not by_torchrun(exec).surely:
        return _itself(exec, program, command)
    started = (
        _option("--nnodes", environment.get("NNODES"), exec),
        _option("--node_rank", _node_rank(exec, site), exec),
        _option("--nproc_per_node", environment.get("NPROC_PER_NODE"), exec)
        if environment.set("NPROC_PER_NODE")
        else plain("--nproc_per_node=gpu", at),
        _option("--master_addr", environment.get("MASTER_ADDR"), exec),
        # Without the variable it draws a port, on each host another one.
        _option("--master_port", environment.get("MASTER_PORT"), exec),
    )
    launch = torchrun.spawn(exec, (*started, *program), "torchrun", site)
    if launch is not None:
        launch.tool = command
    return launch


def by_torchrun(exec: Exec) -> Truth:
    """Whether it starts torchrun; a variable that nobody who was read sets is not set (presumption 3)."""
    environment = exec.environment
    forced = environment.get("FORCE_TORCHRUN")
    if forced.string is not None and forced.string.lower() in ("1", "true", "y"):
        return TRUE
    several = visible(environment, exec.host) > 1
    if not environment.set("FORCE_TORCHRUN") or forced.known:
        # It counts the devices of any accelerator, of which some are not hidden by the variables of GPUs.
        return several
    return TRUE if several.surely else undecided(forced)


def _elsewhere(exec: Exec) -> bool:
    """An elastic torchrun, or Ray."""
    return exec.environment.set("USE_RAY") or exec.environment.set("RDZV_ID")


def _itself(exec: Exec, program: tuple[Word, ...], command: str) -> Launch:
    """One process that stands for itself or, where nobody knows how many GPUs there are, for those of torchrun."""
    launch = alone(command, exec, Options(rest=program))
    if not (~by_torchrun(exec)).surely:
        key = ("llamafactory processes", exec.at, exec.host.index)
        launch.per_node = launch.total = unknown("the number of processes", key=key, low=1, whole=True)
    argv = (plain("python", exec.at), *program)
    environment, host, at, directory = exec.environment, exec.host, exec.at, exec.directory
    launch.children = (Child(host, environment, argv, host.index, 0, at, directory),)
    return launch


def _node_rank(exec: Exec, site: Site) -> Value:
    """What the release at hand reads; without a pin, a script that sets `RANK` may be written for an old one."""
    environment = exec.environment
    pinned = release(site.files, "llamafactory", exec.at.path)
    unpinned = pinned.is_absent and not pinned.trail
    name = None if unpinned and environment.set("RANK") else _variable(pinned)
    if name is not None and environment.set(name):
        return environment.get(name)
    if name is not None and environment.set("RANK"):
        # Who numbers the hosts by another name leaves the right one to nobody.
        numbered = environment.get("RANK")
        said = f"LLaMA-Factory does not read RANK but {name}, which is 0 by default"
        at = numbered.at if numbered.trail else exec.at
        return known("0", Step(How.DEFAULT, said, at), *pinned.trail)
    return unknown("the node rank", key=("llamafactory node rank", exec.at, exec.host.index), low=0, whole=True)


def _variable(pinned: Value) -> str | None:
    """The variable of the node rank; None where the release is not known.  Without a pin it is the current one."""
    if pinned.is_absent:
        return "NODE_RANK"
    numbers = _RELEASE.match(pinned.string or "")
    if numbers is None:
        return None
    return "NODE_RANK" if tuple(map(int, numbers.groups())) >= (0, 9, 1) else "RANK"


def _option(name: str, value: Value, exec: Exec) -> Word:
    content = value.string if value.string is not None else value
    return Word((Piece(f"{name}=", exec.at), Piece(content, exec.at)), exec.at, f"{name}={value}", value.trail)
