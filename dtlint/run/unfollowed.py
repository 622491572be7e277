"""Whether a run may start more processes of the same scripts than those that were followed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.run.word import Exec

_STARTERS: Final = frozenset(
    ("tmux", "screen", "nohup", "bash", "sh", "ssh", "pdsh", "clush", "ansible", "xargs", "parallel", "setsid")
)
"""Commands that run what they are given."""


def all_seen(run: Run, processes: Collection[Process]) -> bool:
    """These are all the processes of their scripts that the run starts.

    Not so where a loop goes round an unknown number of times, a launcher starts more than are looked at, or a command
    that nobody knows (a terminal, another remote shell) names one of the scripts.
    """
    scripts = {process.script for process in processes}
    mine = {id(process) for process in processes}
    if not run.complete or any(
        process.hidden or (process.script in scripts and id(process) not in mine) for process in run.processes
    ):
        return False
    for process in processes:
        launch = process.launch
        counted = sum(other.launch is launch for other in run.processes)
        if process.exec.repeated or (launch is not None and launch.total.integer != counted):
            return False
    names = {script.rpartition("/")[2] for script in scripts if script is not None}
    started = {process.exec.at for process in processes}
    followed = {id(exec) for process in processes for exec in process.exec.line()}
    followed |= {id(above.exec) for process in processes if process.launch for above in process.launch.chain()}
    return not any(
        command.argv[0].string is None or (id(command) not in followed and _names(command, names))
        for command in run.commands
        if command.at not in started
    )


def _names(command: Exec, names: Collection[str]) -> bool:
    """It has one of the names in its words, or runs Python, or what it is given, with something that is not known."""
    starts = any("python" in word.written for word in command.argv) or command.argv[0].string in _STARTERS
    if starts and any(word.string is None for word in command.argv):
        return True
    return any(name in word.written for word in command.argv for name in names)
