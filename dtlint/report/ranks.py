"""The processes of jobs as tables: for a person, and as JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dtlint.job.run import Run
from dtlint.record import record
from dtlint.report.text import columns, painted
from dtlint.report.view import visible
from dtlint.run.roster import Roster, Seat, Several, rosters
from dtlint.source import Span
from dtlint.value import Value

VERSION = 1
"""Raised when a field of the JSON changes its meaning or goes away."""
NAME_OF = "the name of "
"""How the symbol of a host's name begins."""
HEADS = ("rank", "host", "local rank", "GPU", "role", "groups")


@record
class Job:
    """What one root starts."""

    root: str
    """As a person here names it."""
    scheduler: str
    told: str
    """The command that submits it."""
    complete: bool
    """Nothing that could start a process was left unread."""
    rosters: tuple[Roster, ...]


def job(run: Run, root: str) -> Job:
    """Of a run that is complete, named by `root`."""
    scheduler = run.allocation.scheduler if run.allocation is not None else ""
    return Job(root, scheduler, run.told, run.complete, tuple(rosters(run)))


Place = Callable[[Span], str]
"""`path:line`, as a person here would name it."""


def text(jobs: Sequence[Job], place: Place, color: bool) -> str:
    return "\n\n".join("\n".join(_job(job, place, color)) for job in jobs) + "\n"


def _job(job: Job, place: Place, color: bool) -> Iterator[str]:
    scheduler = f" ({job.scheduler})" if job.scheduler else ""
    yield painted(visible(job.root) + scheduler, "strong", color)
    if job.told:
        yield f"  submitted by: {visible(job.told)}"
    if not job.rosters:
        yield "  starts no process that is known"
    for roster in job.rosters:
        yield from _roster(roster, place, color)
    if not job.complete:
        yield "  and perhaps more: something that it starts could not be read"


def _roster(roster: Roster, place: Place, color: bool) -> Iterator[str]:
    program = f" of {roster.script}" if roster.script else ""
    tool = "some launcher" if roster.kind == "presumed" else visible(roster.tool)
    yield f"  {painted(tool, 'note', color)}{visible(program)}, {place(roster.at)}"
    if roster.started_by:
        yield f"    started by {visible(roster.started_by)}"
    for presumption in roster.presumed:
        yield f"    presumed: {visible(presumption)}"
    if not roster.size.is_absent:
        yield f"    world size {_size(roster)}"
    meeting = _meeting(roster)
    if meeting:
        yield f"    meets at {meeting}"
    if roster.degrees:
        degrees = ", ".join(f"{name} {_shown(degree)}" for name, degree in roster.degrees)
        yield f"    groups: {degrees} ({place(roster.plan)})" if roster.plan else f"    groups: {degrees}"
    yield from (f"    {line}" for line in _table([_cells(seat) for seat in roster.seats]))
    if roster.twice:
        yield f"    given to more than one process: rank {', '.join(map(str, roster.twice))}"
    if not roster.complete:
        yield "    … the others are not laid out: not all is known, or their ranks are dealt out in turn"


def _size(roster: Roster) -> str:
    if roster.kind == "presumed":
        return "unknown, on one host"
    if roster.nodes.is_absent and roster.per_node.is_absent:
        return _shown(roster.size)
    return f"{_shown(roster.size)} = {_shown(roster.nodes)} × {_shown(roster.per_node)}"


def _meeting(roster: Roster) -> str:
    if roster.address.is_absent and roster.port.is_absent:
        return ""
    kind = f" ({roster.kind})" if roster.kind in ("c10d", "etcd", "static", "file") else ""
    address = "an address that nobody gives" if roster.address.is_absent else _shown(roster.address)
    port = "a port that nobody gives" if roster.port.is_absent else _shown(roster.port)
    known = roster.address.known and roster.port.known
    return f"{address}:{port}{kind}" if known else f"{address}, port {port}{kind}"


def _shown(value: Value) -> str:
    """A value; what is not known of it by its symbol."""
    words = visible(str(value)).replace(" * ", " × ")
    if words.startswith(NAME_OF):
        return words.removeprefix(NAME_OF)
    return f"unknown ({words})" if value.is_unknown else words


def _cells(seat: Seat) -> tuple[str, ...]:
    rank = _several(seat.ranks) if seat.ranks is not None else ("—" if seat.rank.is_absent else _shown(seat.rank))
    nodes = f"node{'s' * (seat.nodes[0] != seat.nodes[1])} {_several(seat.nodes)}"
    groups = ", ".join(f"{name} {index}" for name, index in seat.groups)
    host = nodes if seat.host is None else visible(seat.host)
    return (rank, host, _several(seat.local), seat.gpu, visible(seat.role), groups)


def _several(numbers: Several) -> str:
    first, last = numbers
    return str(first) if first == last else f"{first}–{last}"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Columns side by side; those in which nothing stands are left out."""
    kept = [index for index in range(len(HEADS)) if any(row[index] for row in rows)]
    table = [tuple(row[index] for index in kept) for row in (HEADS, *rows)]
    widths = [max(columns(row[index]) for row in table) for index in range(len(kept))]
    for row in table:
        cells = (cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


# -- JSON


def as_json(jobs: Sequence[Job], place: Place) -> str:
    content = {"version": VERSION, "jobs": [_json_job(job, place) for job in jobs]}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _json_job(job: Job, place: Place) -> dict[str, Any]:
    return {
        "root": job.root,
        "scheduler": job.scheduler or None,
        "submitted_by": job.told or None,
        "complete": job.complete,
        "worlds": [_json_roster(roster, place) for roster in job.rosters],
    }


def _json_roster(roster: Roster, place: Place) -> dict[str, Any]:
    return {
        "tool": roster.tool,
        "script": roster.script,
        "at": place(roster.at),
        "presumed": list(roster.presumed),
        "started_by": roster.started_by or None,
        "world_size": _json_value(roster.size),
        "nodes": _json_value(roster.nodes),
        "processes_per_node": _json_value(roster.per_node),
        "endpoint": {
            "kind": roster.kind,
            "address": _json_value(roster.address),
            "port": _json_value(roster.port),
        },
        "degrees": {name: _json_value(degree) for name, degree in roster.degrees},
        "complete": roster.complete,
        "given_twice": list(roster.twice),
        "ranks": [_json_seat(seat) for seat in roster.seats],
    }


def _json_value(value: Value) -> Any:
    """The constant; `{"unknown": symbol}` for what is not known; null for what nobody gives."""
    if value.is_absent:
        return None
    constant = value.constant if value.known else None
    return constant if isinstance(constant, str | int | float | bool) else {"unknown": str(value)}


def _json_seat(seat: Seat) -> dict[str, Any]:
    """Numbers as `[first, last]`, both included, so that one process and many look alike."""
    return {
        "rank": list(seat.ranks) if seat.ranks is not None else _json_value(seat.rank),
        "host": seat.host,
        "node": list(seat.nodes),
        "local_rank": list(seat.local),
        "gpu": list(seat.gpus) if seat.gpus is not None else None,
        "device": seat.gpu,
        "role": seat.role or None,
        "groups": dict(seat.groups),
    }
