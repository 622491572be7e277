"""Collectives whose tensors have as many rows as each process's own data bring."""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.record import record
from dtlint.run.script.flows import facets
from dtlint.run.script.objects import ListObject, Thing
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Reach, Trail


@record(eq=False)
class Uneven:
    event: Event
    because: Trail


def uneven(run: ScriptRun) -> Iterator[Uneven]:
    """Calls that surely meet tensors of another shape in another process.

    NCCL's all_gather takes tensors of different shapes where the list that it fills has the shapes of the others
    (torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp, "allgather": not all outputs of one size become broadcasts); it
    counts only where that list has the shape of the own tensor.
    """
    for event in run.events:
        if event.row is None or not event.row.alike or event.open:
            continue
        tensor = event.thing(event.row.alike)
        given = facets(tensor) if tensor is not None else None
        if given is None or given.extent is not Reach.PROCESS:
            continue
        if event.method == "all_gather" and not _own_shape(event.thing("tensor_list")):
            continue
        yield Uneven(event, given.trail)


def _own_shape(filled: Thing | None) -> bool:
    if not isinstance(filled, ListObject) or not filled.items:
        return False
    return all(facets(item).extent is Reach.PROCESS for item in filled.items)
