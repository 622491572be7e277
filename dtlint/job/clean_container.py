"""Containers of apptainer that begin with none of the variables around them."""

from __future__ import annotations

from typing import Final

from dtlint.job.process import Process
from dtlint.job.run import Run

_TOOLS: Final = ("apptainer", "singularity")
CLEANING: Final = ("--cleanenv", "--containall", "--compat")
"""The last two imply the first."""


def starter(process: Process, run: Run) -> str:
    """The tool that starts the process, its shell or its launcher in such a container; empty where there is none."""
    above = process.launch.chain() if process.launch is not None else ()
    started = (process.exec, *(launch.exec for launch in above))
    commands = [exec.argv for one in started for exec in one.line()]
    for launch in run.launches:
        clean = launch.tool in _TOOLS and any(launch.options.has(name) for name in CLEANING)
        if clean and any(child.argv is argv for child in launch.children for argv in commands):
            return launch.tool
    return ""
