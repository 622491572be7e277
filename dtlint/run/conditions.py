"""The undecided conditions of a script's run, and what stands around each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dtlint.run.script.trace import Fork, Node, Repeat

Around = tuple[tuple[Fork, int], ...]


def forks(
    nodes: Sequence[Node], around: Around = (), loops: tuple[Repeat, ...] = ()
) -> Iterator[tuple[Fork, Around, tuple[Repeat, ...]]]:
    """Every undecided condition, with those around it and the loops around it, outermost first."""
    for node in nodes:
        match node:
            case Fork():
                yield node, around, loops
                yield from forks(node.then, (*around, (node, 0)), loops)
                yield from forks(node.otherwise, (*around, (node, 1)), loops)
            case Repeat():
                yield from forks(node.body, around, (*loops, node))
            case _:
                pass
