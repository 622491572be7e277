"""Lists of hosts with their slots, as MPI-like launchers take them, and how ranks fall on them."""

from __future__ import annotations

from typing import Final

from dtlint.job.launch import Allocation
from dtlint.job.site import Site
from dtlint.record import record
from dtlint.run.host import Host, is_loopback
from dtlint.run.settings import value_of
from dtlint.run.word import Exec, Word
from dtlint.value import How, Items, Step, Value, absent, known, unknown

MOST_HOSTS: Final = 4096
"""Hosts of an operator's hostfile that are placed one by one."""


@record
class Listed:
    """One host as listed; `slots` is absent where the list does not say how many processes it takes."""

    name: Value
    slots: Value


def from_text(value: Value) -> tuple[Listed, ...] | None:
    """`host1:4,host2:4`, as for `-H` and `--host`; None where the text is not known."""
    string = value.string
    if string is None:
        return None
    found = []
    for part in string.split(","):
        name, colon, slots = part.strip().partition(":")
        if not name:
            continue
        count = known(slots).as_int().after(value.trail) if colon else absent(*value.trail)
        found.append(Listed(known(name).after(value.trail), count))
    return tuple(found)


def from_file(word: Word, exec: Exec, site: Site) -> tuple[Listed, ...] | None:
    """The hosts of a hostfile in the workspace, of one that the job writes itself, or that an operator writes; None
    where it is not there, or not all of it is known."""
    if site.allocation is not None and word.string in site.allocation.hostfiles:
        return granted(site.allocation)
    document = site.hostfile(word, exec)
    lines = value_of(document.roots[0]) if document is not None and document.roots else absent()
    if not isinstance(lines.content, Items) or not lines.content.complete:
        return None
    listed = []
    for line in lines.content.items:
        name, slots = line.field("host"), line.field("slots")
        words = str(name) if slots.is_absent else f"{name} slots={slots}"
        said = Step(How.WRITTEN, words, line.at if line.trail else name.at)
        listed.append(Listed(Value(name.content, (said,)), Value(slots.content, (said,))))
    return None if any(host.name.string is None for host in listed) else tuple(listed)


def granted(allocation: Allocation | None) -> tuple[Listed, ...] | None:
    """The hostfile that an operator writes; None where it writes none, or the number of hosts is not known."""
    count = allocation.nodes.integer if allocation is not None else None
    if allocation is None or allocation.slots.is_absent or count is None or count > MOST_HOSTS:
        return None
    names = {host.index: host.name for host in allocation.hosts}
    return tuple(
        Listed(
            names.get(index, unknown(f"host {index}", key=("granted", allocation.at, index))),
            allocation.slots.after(allocation.nodes.trail),
        )
        for index in range(count)
    )


def merged(listed: tuple[Listed, ...]) -> tuple[Listed, ...]:
    """Each host once: a name that is listed twice offers the slots of both lines (one for a line without a number)."""
    by_name: dict[str, Listed] = {}
    for host in listed:
        name = str(host.name)
        if name in by_name:
            before = by_name[name]
            slots = before.slots.or_default(known(1)) + host.slots.or_default(known(1))
            by_name[name] = Listed(before.name, slots.after(before.slots.trail, host.slots.trail))
        else:
            by_name[name] = host
    return tuple(by_name.values())


def as_hosts(listed: tuple[Listed, ...], exec: Exec, site: Site) -> tuple[Host, ...]:
    """Hosts for the list; those of the allocation, or the one where the command runs, are found again by name."""
    hosts = []
    for index, one in enumerate(listed):
        same = next((host for host in (exec.host, *site.hosts) if _called(host, one.name)), None)
        if same is None and is_loopback(one.name).always:
            same = exec.host
        hosts.append(
            Host(
                index=index,
                name=one.name,
                gpus=same.gpus if same else _known_or(site.cluster.gpus_per_node, "GPUs", one),
                cpus=same.cpus if same else _known_or(site.cluster.cpus_per_node, "CPUs", one),
                slots=one.slots,
                machine=same.machine if same else ("listed", str(one.name)),
                container=same.container if same else None,
            )
        )
    return tuple(hosts)


def _called(host: Host, name: Value) -> bool:
    return any((own == name).always for own in (host.name, *host.names))


def total_slots(listed: tuple[Listed, ...], default: int = 1) -> Value:
    """All slots together; a host without a number counts as `default`."""
    total = known(0)
    for host in listed:
        total = total + host.slots.or_default(known(default))
    return total


def on_each(listed: tuple[Listed, ...] | None, total: Value) -> Value:
    """Processes of each host, where `total` fills all of them and they have as many slots; absent otherwise."""
    if not listed or any(host.slots.is_absent for host in listed):
        return absent()
    slots = listed[0].slots
    alike = all((host.slots == slots).always for host in listed) and (known(len(listed)) * slots == total).always
    return slots if alike else absent()


def place(total: int, slots: list[int]) -> list[tuple[int, int]]:
    """`(host, local rank)` of each rank when hosts are filled one after the other, round again if they overflow."""
    placed: list[tuple[int, int]] = []
    used = [0] * len(slots)
    while len(placed) < total and any(slots):
        for index, capacity in enumerate(slots):
            for _ in range(capacity):
                if len(placed) == total:
                    return placed
                placed.append((index, used[index]))
                used[index] += 1
    return placed


def _known_or(value: Value, what: str, one: Listed) -> Value:
    return (
        unknown(f"the {what} of {one.name}", key=(what, str(one.name)), low=0, whole=True) if value.is_absent else value
    )
