"""Groups that only those make who are in them: `for ranks in groups: if rank in ranks: new_group(ranks)`.

"This function requires that all processes in the main group … enter this function, even if they are not going to be
members of the group": https://docs.pytorch.org/docs/stable/distributed.html#torch.distributed.new_group.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Final

from dtlint.facts.script import Attribute, Call, Compare, Expr, If, Name, Subscript
from dtlint.facts.syntax import nodes_of
from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.groups import INITIALISER, count_known, counted, ranks_of, settled
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.value import Value

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


@record(eq=False)
class LeftOut:
    """A group for which another process makes none."""

    made: Event
    ranks: tuple[int, ...]
    maker: Process
    other: Process
    bound: Event
    """Where the default group is bound to a device."""


def left_out(world: World) -> Iterator[LeftOut]:
    """The first group that one process makes and another does not, where all must be there to cut it out of the default
    group: "we will need to call `ncclCommSplit` on *all* ranks in this new group's parent group, even those not in the
    new group" (`_new_process_group_helper` of torch/distributed/distributed_c10d.py).

    Without a `device_id` current releases make it from the store, which only its members ask (seen with torch 2.13).
    """
    for (maker, mine), (other, theirs) in permutations(world.followed, 2):
        bound, own, others = _bound(mine), counted(mine), counted(theirs)
        made = own[len(others)] if len(own) > len(others) else None
        if bound is None or made is None or made.name != MAKER or not all(map(settled, (*own, *others))):
            continue
        ranks = ranks_of(made.result, maker)
        before = all(one.place == two.place for one, two in zip(own, others, strict=False))
        if before and ranks and count_known(mine) and count_known(theirs) and other.rank.integer not in (None, *ranks):
            yield LeftOut(made, ranks, maker, other, bound)
            return


def _bound(run: ScriptRun) -> Event | None:
    """The call that makes the default group over NCCL, on a device that it is told."""
    made = list(run.called(INITIALISER))
    if len(made) != 1 or not made[0].surely or made[0].open:
        return None
    device, backend = made[0].thing("device_id"), made[0].argument("backend")
    told = device is not None and not (isinstance(device, Value) and (device.is_absent or device.is_unknown))
    return made[0] if told and (backend == "nccl").surely else None


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
