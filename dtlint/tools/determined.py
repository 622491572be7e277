"""`python3 -m determined.launch.torch_distributed`: torchrun on each agent of a trial of Determined, with a process for
each slot.

`create_launch_cmd` and `parse_args` of harness/determined/launch/torch_distributed.py of
https://github.com/determined-ai/determined (0.38): options for torchrun stand in front of `--`.  How the slots lie on
agents the cluster decides, so that of the places of the processes only rank 0 is known; the other launch modules of
Determined are not followed.
"""

from __future__ import annotations

from dtlint.job.launch import Child, Launch, Rendezvous
from dtlint.job.site import Site
from dtlint.run.word import Exec, Word
from dtlint.tools.options import Options
from dtlint.value import How, Step, Value, absent, known, unknown

COMMANDS: frozenset[str] = frozenset()
MODULES = frozenset({"determined.launch.torch_distributed"})


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    granted = site.allocation
    separator = next((place for place, word in enumerate(words) if word.string == "--"), None)
    program = words[separator + 1 :] if separator is not None else words
    if granted is None or granted.scheduler != "determined" or separator or not program:
        return None
    if any(word.string in (None, "--trial") for word in program[:1]):
        return None
    total = granted.tasks
    launch = Launch(
        tool="determined",
        exec=exec,
        options=Options(rest=program),
        nodes=granted.nodes,
        per_node=total if granted.nodes.integer == 1 else _hidden("processes on an agent", exec, 1),
        total=total,
        node_rank=absent(),
        rendezvous=Rendezvous("determined", absent(), absent(), absent()),
        spreads=True,
        allocation=granted,
    )
    launch.children = (_first(launch),)
    return launch


def _first(launch: Launch) -> Child:
    """The process of rank 0, which alone is known to be on the first agent."""
    exec = launch.exec
    here = Step(How.ENVIRONMENT, "set by torchrun for each process", exec.at)
    given = {
        "RANK": known(0),
        "WORLD_SIZE": launch.total,
        "LOCAL_RANK": known(0),
        "LOCAL_WORLD_SIZE": launch.per_node,
        "MASTER_ADDR": unknown("$MASTER_ADDR", key=("determined address", exec.at)),
        "MASTER_PORT": unknown("$MASTER_PORT", key=("determined port", exec.at), low=1, high=65535, whole=True),
    }
    return Child(
        host=exec.host,
        environment=exec.environment.with_({name: value.because(here).as_text() for name, value in given.items()}),
        argv=launch.options.rest,
        node=0,
        local=0,
        at=exec.at,
        directory=exec.directory,
        rank=known(0),
    )


def _hidden(what: str, exec: Exec, low: int) -> Value:
    return unknown(f"the {what}", key=("determined", what, exec.at), low=low, whole=True)
