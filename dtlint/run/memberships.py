"""Groups of a loop that only those make who are in them: `for ranks in groups: if rank in ranks: new_group(ranks)`.

"This function requires that all processes in the main group … enter this function, even if they are not going to be
members of the group": https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.new_group.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Attribute, Call, Compare, Expr, If, Name, Subscript
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.script.trace import Event, Fork, ScriptRun

MAKER: Final = "torch.distributed.new_group"


@record(eq=False)
class Membership:
    """A group, and the undecided question which processes are in it, behind which it is made."""

    made: Event
    fork: Fork
    ranks: str
    """The list of its ranks, as it is written."""


def memberships(run: ScriptRun) -> Iterator[Membership]:
    """Groups that no process makes which is not in them; there are several of them, so none has all processes."""
    made = list(run.called(MAKER))
    if not made:
        return
    nodes = [node for program in run.programs for node in nodes_of(program.body)]
    calls = {node.at: node for node in nodes if isinstance(node, Call)}
    tests = {node.at: node.test for node in nodes if isinstance(node, If)}
    for event in made:
        ranks = _ranks(calls.get(event.at))
        for fork, side in event.branches if event.loops and ranks else ():
            others = any((fork, 1 - side) in other.branches for other in made)
            if side == 0 and not fork.ends[1] and not others and ranks == _asked_for(tests.get(fork.at)):
                yield Membership(event, fork, ranks)


def _ranks(call: Call | None) -> str:
    """The list of ranks that the group is made of."""
    if call is None:
        return ""
    return _written(next((one.value for one in call.keywords if one.name == "ranks"), next(iter(call.args), None)))


def _asked_for(test: Expr | None) -> str:
    """The list in which the test looks for the own rank."""
    if isinstance(test, Compare) and test.operators == ("in",):
        own, ranks = test.operands
        if "rank" in _last(own.func if isinstance(own, Call) else own).lower():
            return _written(ranks)
    return ""


def _written(node: Expr | None) -> str:
    if isinstance(node, Subscript):
        owner, index = _written(node.value), _written(node.index)
        return f"{owner}[{index}]" if owner and index else ""
    return _last(node) if isinstance(node, Name) else ""


def _last(node: Expr | None) -> str:
    return node.id if isinstance(node, Name) else node.name if isinstance(node, Attribute) else ""
