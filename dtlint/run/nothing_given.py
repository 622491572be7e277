"""Collectives of torch.distributed that work in place and give back None, and uses of what they give back as a tensor.

Source: torch/distributed/distributed_c10d.py; with `async_op=True` they give back a handle.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Call, Operation
from dtlint.facts.syntax import nodes_of
from dtlint.run.script.trace import Event, ScriptRun

_IN_PLACE: Final = tuple(
    f"torch.distributed.{name}"
    for name in ("all_reduce", "broadcast", "reduce", "all_gather", "all_gather_into_tensor", "scatter", "gather")
)


def used_as_tensor(run: ScriptRun) -> Iterator[tuple[Event, str]]:
    """Calls whose result is surely asked for a method or calculated with, and in which words."""
    calls = [event for event in run.called(*_IN_PLACE) if event.argument("async_op").is_absent and event.surely]
    if not calls:
        return
    nodes = [node for program in run.programs for node in nodes_of(program.body)]
    terms = {
        one.at: node.operator
        for node in nodes
        if isinstance(node, Operation) and len(node.operands) == 2
        for one in node.operands
        if isinstance(one, Call)
    }
    told: set[object] = set()
    for event in calls:
        asked = [one for one in run.events if one.receiver is event.result and one.surely]
        words = f"None {terms[event.at]} …" if event.at in terms else f"None.{asked[0].method}()" if asked else ""
        if words and event.at not in told and not event.caught:
            told.add(event.at)
            yield event, words
