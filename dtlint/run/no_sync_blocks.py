"""The `with` blocks of DDP's `no_sync`, also where each step chooses it: `nullcontext() if last else no_sync()`."""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.facts.script import Assign, Name, With
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import DDP
from dtlint.source import Span


@record(eq=False)
class Block:
    """A statement within which gradients are not averaged, at least in some rounds."""

    entered: Event
    """The call of `no_sync`."""
    at: Span

    def holds(self, event: Event) -> bool:
        """The call stands in the statement, or was made by what it calls."""
        return any(place.overlaps(self.at) for place in (event.at, *event.stack))


def blocks(run: ScriptRun) -> Iterator[Block]:
    """Those which the script writes as `with model.no_sync()`, with a choice of it and another context, or with a name
    that it gave to such a choice before."""
    entered = list(run.called(DDP + ".no_sync"))
    if not entered:
        return
    nodes = [node for program in run.programs for node in nodes_of(program.body)]
    given = [(target.id, node.at) for node in nodes if isinstance(node, Assign) for target in node.targets
             if isinstance(target, Name)]  # fmt: skip
    statements = [node for node in nodes if isinstance(node, With)]
    for statement in statements:
        for context, _ in statement.items:
            places = [context.at]
            if isinstance(context, Name):
                places += [at for name, at in given if name == context.id and at.path == statement.at.path]
            for event in entered:
                if any(event.at.overlaps(place) for place in places):
                    yield Block(event, statement.at)
