"""The parts into which DGL cuts a graph, and the launcher that wants one for each machine."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from dtlint.job.launch import Launch
from dtlint.job.run import Run
from dtlint.record import record
from dtlint.run.script.trace import Event
from dtlint.tools.dgl import TOOL
from dtlint.value import Value

CUTS: Final = "dgl.distributed.partition_graph"


@record(eq=False)
class Cut:
    """A graph that the run cuts up, and the launch that is told to take the result."""

    event: Event
    parts: Value
    launch: Launch


def launches(run: Run) -> Iterator[Launch]:
    """DGL's launcher at work."""
    return (launch for launch in run.launches if launch.tool == TOOL)


def cuts(run: Run) -> Iterator[Cut]:
    """The last cut before each launch whose description of parts, `<out_path>/<graph_name>.json`, the launch names."""
    for launch in launches(run):
        wanted = _path(launch.options.value("--workspace"), launch.options.value("--part_config"))
        found = [
            event
            for process in run.processes
            if process.run is not None and process.exec.started < launch.exec.started
            for event in process.run.called(CUTS)
            if event.surely and wanted is not None and _described(event) == wanted
        ]
        if found:
            parts = found[-1].given(2, "num_parts")
            if isinstance(parts, Value):
                yield Cut(found[-1], parts, launch)


def _described(event: Event) -> str | None:
    name, folder = event.given(1, "graph_name"), event.given(3, "out_path")
    if not isinstance(name, Value) or not isinstance(folder, Value) or name.string is None:
        return None
    return _path(folder, Value(name.content).mapped("file", lambda text: f"{text}.json"))


def _path(folder: Value, name: Value) -> str | None:
    """The whole path; a relative one stands for itself, as the launcher and the cutter start in one folder."""
    if name.string is not None and posixpath.isabs(name.string):
        return posixpath.normpath(name.string)
    if folder.string is None or name.string is None:
        return None
    return posixpath.normpath(posixpath.join(folder.string, name.string))
