"""Numbers and names that nobody sets: random numbers, process ids, the time, free ports."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from dtlint.source import Span
from dtlint.value import Kind, Reach, Value, unknown
from dtlint.value.term import Bound

if TYPE_CHECKING:
    from dtlint.run.shell.machine import Machine


def drawn(
    machine: Machine,
    name: str,
    at: Span,
    low: Bound = -inf,
    high: Bound = inf,
    *,
    whole: bool = True,
    fresh: bool = True,
) -> Value:
    """An outcome of chance, another one at each evaluation and on each host; `$$` stays the same in one shell."""
    context = machine.context
    count = machine.evaluated() if fresh else 0
    key = ("chance", name, context.scope, context.host.index, context.name, at if fresh else None, count)
    return unknown(name, key=key, kind=Kind.CHANCE, reach=Reach.PROCESS, low=low, high=high, whole=whole)
