"""The processes of a job as a table: who they are, where they run, which GPU they take and where they meet.

Of a large world a few processes are looked at one by one (`job/spread.py`); the others are laid out between them only
where all that are known lie on one pattern, and what is not known keeps its symbol.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.chosen_gpu import NOT_KNOWN, Gpu, Gpus, gpu_of, gpus
from dtlint.run.coordinates import Coordinates, coordinates_of, cuts, degrees
from dtlint.run.self_told import self_told
from dtlint.source import Span
from dtlint.value import Value, absent, known

MOST_ROWS: Final = 64
"""Processes of a world that have a row each; of a larger one, those of two hosts and one row for the rest."""
WIDEST: Final = 16
"""Processes of one host that have a row each where the world is folded."""
_MEETING: Final = ("MASTER_ADDR", "MASTER_PORT")

Several = tuple[int, int]
"""The first and the last of consecutive numbers, both included."""


@record
class Seat:
    """One process, or consecutive ones that are alike."""

    ranks: Several | None
    """None where the rank is not known."""
    rank: Value
    """The rank, or what of it is known; absent where nobody gives one."""
    host: str | None
    """Its name, where the files say it."""
    nodes: Several
    local: Several
    gpus: Several | None
    """Indices among the GPUs that the process sees; None where it takes none or that is not known."""
    gpu: str
    """The same in words: `cuda:1`, `cuda:0 (GPU 3)`, `unknown`."""
    role: str = ""
    groups: tuple[tuple[str, int], ...] = ()
    """Its coordinates: the index in each kind of group of which the plan has several."""


@record
class Roster:
    """One world as a table."""

    at: Span
    """The command that starts it."""
    tool: str
    size: Value
    nodes: Value
    per_node: Value
    kind: str
    """How the processes meet: static, c10d, mpi …"""
    address: Value
    port: Value
    script: str | None
    presumed: tuple[str, ...]
    started_by: str
    """What starts each of its processes, where that is itself a process of a world."""
    degrees: tuple[tuple[str, Value], ...]
    """Kinds of parallelism and their degrees, as the plan says them."""
    plan: Span | None
    seats: tuple[Seat, ...]
    complete: bool
    """The seats are all processes."""
    twice: tuple[int, ...] = ()
    """Ranks that more than one of the processes has."""


def rosters(run: Run) -> list[Roster]:
    """Of a run that has been completed the processes that are in no world, then the worlds."""
    alone = [_alone(process) for process in run.processes if process.world is None]
    return alone + [_roster(run, world) for world in run.worlds if world.processes]


def _roster(run: Run, world: World) -> Roster:
    plan = next((plan for plan in run.plans if plan.world is world and cuts(plan)), None)
    seats, complete = _seats(world, plan)
    address, port = _endpoint(world)
    parent = world.processes[0].spawned_by
    placed = world.first.tool not in ("ray", "spark")  # which decide themselves on which hosts their processes run
    return Roster(
        at=world.at,
        tool=world.first.called,
        size=world.size,
        nodes=world.nodes if placed else absent(),
        per_node=world.per_node if placed else absent(),
        kind=world.first.rendezvous.kind,
        address=address,
        port=port,
        script=world.processes[0].script,
        presumed=_presumed(world),
        started_by="" if parent is None else f"each process of {parent.script or 'the script above'}",
        degrees=degrees(plan) if plan is not None else (),
        plan=plan.at if plan is not None else None,
        seats=seats,
        complete=complete,
        twice=_twice(world),
    )


def _alone(process: Process) -> Roster:
    told = self_told(process)
    one = _seat(process, gpu_of(process), "", (), told.rank if told is not None else absent())
    given = [process.variable(name) if process.environment.set(name) else absent() for name in _MEETING]
    address, port = (told.address, told.port) if told is not None and not told.address.is_absent else given
    return Roster(
        at=process.at,
        tool="python",
        size=told.size if told is not None else absent(),
        nodes=absent(),
        per_node=absent(),
        kind=told.kind if told is not None and not told.rank.is_absent else "none",
        address=address,
        port=port,
        script=process.script,
        presumed=process.presumed,
        started_by="",
        degrees=(),
        plan=None,
        seats=(one,),
        complete=True,
    )


def _presumed(world: World) -> tuple[str, ...]:
    told = list(world.presumed)
    if any(launch.per_host_copies for launch in world.launches):
        told.append("somebody starts it by hand on each host")
    return tuple(dict.fromkeys(told))


def _twice(world: World) -> tuple[int, ...]:
    counts = Counter(process.rank.as_int().integer for process in world.processes)
    return tuple(sorted(rank for rank, count in counts.items() if rank is not None and count > 1))


# -- where they meet


def _endpoint(world: World) -> tuple[Value, Value]:
    """The address and the port as the launcher gives them, else as the script finds or states them.

    JAX does not ask the launcher's: its processes meet where they say, or where JAX itself finds.
    """
    meeting, first = world.first.rendezvous, world.processes[0]
    told = self_told(first)
    if told is not None and told.kind == "jax":
        return told.address, told.port
    if not meeting.address.is_absent:
        return meeting.address, meeting.port
    if told is not None and not told.address.is_absent:
        return told.address, told.port
    if meeting.kind == "mpi" and not first.environment.set("MASTER_ADDR"):
        return absent(), absent()
    return first.variable(_MEETING[0]), first.variable(_MEETING[1])


# -- who they are


def _seats(world: World, plan: Plan | None) -> tuple[tuple[Seat, ...], bool]:
    """The rows of a world, and whether they are all of its processes."""
    processes = sorted(world.processes, key=lambda process: (process.node, process.local))
    coordinates = coordinates_of(plan)
    gpu = gpus(processes)
    by_place = {(process.node, process.local): process for process in processes}
    nodes, width = world.nodes.integer, world.per_node.integer
    number = _numbering(processes, nodes, width) if nodes and width and len(by_place) == len(processes) else None
    if number is None or nodes is None or width is None:
        some = tuple(_of(process, gpu, coordinates) for process in processes)
        return some, world.size.integer == len(some) and len(by_place) == len(processes)
    names = {process.node: _name(process) for process in processes}
    role = _role(processes[0])

    def seat(ranks: Several, node: Several, local: Several) -> Seat:
        one = node[0] == node[1] and local[0] == local[1]
        known_one = by_place.get((node[0], local[0])) if one else None
        first, last = gpu(ranks[0], local[0], known_one), gpu(ranks[1], local[1], known_one)
        return Seat(
            ranks=ranks,
            rank=known(ranks[0]),
            host=names.get(node[0]) if node[0] == node[1] else None,
            nodes=node,
            local=local,
            gpus=None if first.index is None or last.index is None else (first.index, last.index),
            gpu=first.words if one or first.words == last.words else _between(first, last),
            role=_role(known_one) if known_one is not None else role,
            groups=coordinates(ranks[0]) if one else (),
        )

    def single(node: int, local: int) -> Seat:
        rank = number(node, local)
        return seat((rank, rank), (node, node), (local, local))

    if nodes * width <= MOST_ROWS:
        return tuple(sorted((single(n, p) for n in range(nodes) for p in range(width)), key=_order)), True
    if number(0, width - 1) != width - 1:  # ranks go round the hosts: nothing consecutive is alike
        return tuple(sorted((single(*place) for place in by_place), key=_order)), False
    seats: list[Seat] = []
    shown = min(2, nodes)
    for node in range(shown):
        if width <= WIDEST:
            seats += [single(node, local) for local in range(width)]
        else:
            seats += [single(node, 0), single(node, 1)]
            seats.append(seat((number(node, 2), number(node, width - 1)), (node, node), (2, width - 1)))
    if shown < nodes:
        seats.append(seat((number(shown, 0), nodes * width - 1), (shown, nodes - 1), (0, width - 1)))
    return tuple(seats), True


def _order(seat: Seat) -> tuple[int, int, int]:
    return (seat.ranks[0] if seat.ranks is not None else 0, seat.nodes[0], seat.local[0])


def _numbering(processes: Sequence[Process], nodes: int, width: int) -> Callable[[int, int], int] | None:
    """How ranks are dealt out, host by host or in turn, if all processes that are known lie on it."""
    ways: tuple[Callable[[int, int], int], ...] = (
        lambda node, local: node * width + local,
        lambda node, local: local * nodes + node,
    )
    for way in ways:
        if all(process.rank.as_int().integer == way(process.node, process.local) for process in processes):
            return way
    return None


def _of(process: Process, gpus: Gpus, coordinates: Coordinates) -> Seat:
    rank = process.rank.as_int().integer
    return _seat(
        process, gpus(rank or 0, process.local, process), _role(process), coordinates(rank) if rank is not None else ()
    )


def _seat(
    process: Process, gpu: Gpu, role: str, groups: tuple[tuple[str, int], ...], told: Value | None = None
) -> Seat:
    """The row of a process, with the rank that it says itself where nobody gives it one."""
    given = process.rank if told is None else process.rank.or_default(told)
    rank = given.as_int().integer
    return Seat(
        ranks=(rank, rank) if rank is not None else None,
        rank=given,
        host=_name(process),
        nodes=(process.host.index if process.launch is None else process.node,) * 2,
        local=(process.local, process.local),
        gpus=(gpu.index, gpu.index) if gpu.index is not None else None,
        gpu=gpu.words,
        role=role,
        groups=groups,
    )


def _name(process: Process) -> str | None:
    return process.host.name.string


def _role(process: Process) -> str:
    """What the launcher calls its kind of process; torchrun's `default` says nothing."""
    role = process.environment.get("ROLE_NAME") if process.environment.set("ROLE_NAME") else absent()
    return role.string if role.string is not None and role.string != "default" else ""


def _between(first: Gpu, last: Gpu) -> str:
    if first.index is None or last.index is None:
        return NOT_KNOWN.words
    return f"cuda:{first.index}–{last.index}"
