"""Machines: what a process finds there, and which names it answers to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dtlint.value import FALSE, TRUE, Term, Truth, Value, absent, undecided, unknown

if TYPE_CHECKING:
    from dtlint.job.container import Container

LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "::1", "0:0:0:0:0:0:0:1"})


def is_loopback(address: Value) -> Truth:
    """The address reaches only the machine itself: `localhost`, `127.0.0.0/8`, `::1`."""
    text = address.string
    if text is None:
        symbol = address.content.symbol if isinstance(address.content, Term) else None
        if symbol is not None and symbol.family is not None:
            return FALSE  # the name of one of several hosts
        options = address.options
        if options:
            verdicts = {_loopback(option) for option in options}
            if len(verdicts) == 1:
                return TRUE if verdicts.pop() else FALSE
        return undecided(address)
    return TRUE if _loopback(text) else FALSE


def _loopback(address: object) -> bool:
    if not isinstance(address, str):
        return False
    name = address.strip().strip("[]").lower()
    return name in LOOPBACK_NAMES or (name.startswith("127.") and name.count(".") == 3)


def names_host(value: Value) -> bool:
    """It is the unknown name or address of one host."""
    if not isinstance(value.content, Term):
        return False
    symbol = value.content.symbol
    if symbol is None:
        return False
    return symbol.family is not None or (isinstance(symbol.key, tuple) and symbol.key[:1] == ("address",))


def address_of(host: Value) -> Value:
    """The address of a host by its name: unknown, the same whenever it is asked for, and another one for another host.

    A name that is written somewhere may be one of several that a host has.
    """
    content = host.content if isinstance(host.content, Term) else str(host)
    symbol = content.symbol if isinstance(content, Term) else None
    family = ("address", symbol.family) if symbol is not None and symbol.family is not None else None
    whose = str(host).removeprefix("the name of ")
    return unknown(f"the address of {whose}", key=("address", content), family=family)


@dataclass(eq=False, slots=True)
class Host:
    """One machine (or pod, or container with its own network) of a job.

    `index` counts from 0 within what allocated them.
    """

    index: int
    name: Value
    gpus: Value
    """GPUs that a process here can see unless a variable hides some; unknown where nothing says it."""
    cpus: Value
    names: tuple[Value, ...] = ()
    """Further names and addresses that it answers to, beside `name` and loopback."""
    allocation: object = None
    """What granted it: the sbatch header, a manifest, a hostfile; None for a machine that just is there."""
    slots: Value = field(default_factory=absent)
    """Processes that a hostfile or a list of hosts lets an MPI-like launcher start here; absent where none says it."""
    container: Container | None = None
    """The container whose processes find this machine; None outside of one."""
    shared: tuple[str, ...] | None = None
    """Folders that it shares with the other hosts of the job; None where hosts share all paths that no name says to be
    their own (presumption 5)."""
    machine: object = field(default_factory=object)
    """Two `Host`s with one `machine` are two views of the same machine."""

    def seeing(self, gpus: Value) -> Host:
        """The same machine for a process that can use only some of its GPUs."""
        return replace(self, gpus=gpus)

    def is_(self, other: Host) -> bool:
        return self.machine == other.machine

    def answers_to(self, address: Value) -> Truth:
        """Whether a connection from this host to `address` ends at this host."""
        verdict = is_loopback(address)
        for name in (self.name, *self.names):
            verdict = verdict | (name == address)
        return verdict


def unknown_host(index: int, scope: object) -> Host:
    """A machine about which nothing is written; hosts of one `scope` have different names."""
    return Host(
        index=index,
        name=unknown(f"the name of host {index}", key=("host name", scope, index), family=("host name", scope)),
        gpus=unknown("the GPUs of the host", key=("gpus", scope), low=0, whole=True),
        cpus=unknown("the CPUs of the host", key=("cpus", scope), low=1, whole=True),
    )
