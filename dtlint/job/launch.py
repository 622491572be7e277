"""A launcher at work on one host: what it was told, and which processes it would start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dtlint.job.ssh import Served
from dtlint.record import record
from dtlint.run.environment import Environment
from dtlint.run.host import Host
from dtlint.run.word import Exec, Word
from dtlint.source import Span
from dtlint.tools.options import Options
from dtlint.value import Value, absent, known

if TYPE_CHECKING:
    from dtlint.job.container import Container


@dataclass(eq=False, slots=True)
class Allocation:
    """What a scheduler grants to a job; each number is absent where the request does not name it."""

    scheduler: str
    at: Span
    nodes: Value
    tasks: Value
    tasks_per_node: Value
    cpus_per_task: Value
    gpus_per_node: Value
    gpus_per_task: Value
    hosts: tuple[Host, ...] = ()
    """The hosts that are looked at one by one: all if they are few, else the first two and the last."""
    cpus_otherwise: Value = field(default_factory=absent)
    """What else in the request decides how many CPUs a task may use; absent where surely nothing does."""
    exclusive: Value = field(default_factory=absent)
    """What asks for whole nodes; absent where nothing does."""
    fixed: bool = True
    """Nothing outside of what was read can have changed the request."""
    header: Options | None = None
    """What the header of a batch script asks for, as it is written; None where there is none."""
    unread: tuple[Word, ...] = ()
    """The options with which those lines of the header begin that the scheduler does not read."""
    slots: Value = field(default_factory=absent)
    """Processes on each host by the hostfile that it writes for launchers; absent where it writes none."""
    hostfiles: tuple[str, ...] = ()
    """Where its processes find that hostfile."""
    by_ssh: bool = False
    """Launchers reach its hosts by ssh, whose sessions find nothing of a container's environment."""
    parts: tuple[Allocation, ...] = ()
    """The components of a heterogeneous job, of which this is the first; empty for a job of one kind of hosts."""


@record
class Rendezvous:
    """Where the processes of a world meet."""

    kind: str
    """static (the address is rank 0's), c10d, etcd, file, mpi, none (one host, nothing to agree on)."""
    address: Value
    port: Value
    identity: Value
    """The job id that elastic launchers share; absent elsewhere."""
    chosen: bool = False
    """The launcher picks a free port by itself."""
    yields: bool = False
    """It takes another port where it sees at its start that somebody listens on this one."""


@dataclass(eq=False, slots=True)
class Child:
    """One process that a launcher starts.  `node` and `local` are its coordinates within the launch."""

    host: Host
    environment: Environment
    argv: tuple[Word, ...]
    node: int
    local: int
    at: Span
    directory: Value
    rank: Value = field(default_factory=absent)
    """Global rank, where the launcher gives one."""


@dataclass(eq=False, slots=True)
class Launch:
    """One launcher command in the environment of the process that runs it."""

    tool: str
    """torchrun, srun, deepspeed, accelerate, mpirun, horovodrun …"""
    exec: Exec
    options: Options
    nodes: Value
    """Hosts that the whole launch is meant to use."""
    per_node: Value
    """Processes on each host."""
    total: Value
    """Processes in all."""
    node_rank: Value
    """This host's index among the hosts, for launchers that run once per host; absent for others."""
    rendezvous: Rendezvous
    children: tuple[Child, ...] = ()
    """The processes that are looked at one by one: at most the first two and the last of some hosts."""
    spreads: bool = False
    """It starts processes on other hosts by itself; otherwise it must be run on each of them."""
    ranks: bool = True
    """Its processes are told their ranks; srun's and ssh's are only told the scheduler's."""
    joins: bool = False
    """What its children launch on their hosts is one world, also where the commands stand in different places."""
    offered: Value = field(default_factory=absent)
    """Processes that its list of hosts has room for, where it refuses to start more; absent where none says it."""
    one_gpu_each: bool = False
    """Each of its processes takes a GPU of its own, by the launcher's convention."""
    config: Value = field(default_factory=absent)
    """The launcher's own configuration file as a record; unknown where it is not in the workspace."""
    slots: dict[str, Value] = field(default_factory=dict)
    """Slots that its hostfile grants, by host; empty where the file is not known."""
    unnamed: dict[str, Value] = field(default_factory=dict)
    """The same of a hostfile that lies where the command runs, and that no option names."""
    picked: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Devices that its options pick on hosts; empty for a host of which all are taken."""
    ssh_servers: tuple[Served, ...] = ()
    """Those that the scripts beside it start in containers of its image; nothing where one of them is not known."""
    passes: tuple[str, ...] = ()
    """Options that it adds to the arguments of the script, such as `--local_rank`."""
    parent: Launch | None = None
    """The launcher that started the shell in which this command stands."""
    allocation: Allocation | None = None
    node: int = 0
    local: int = 0
    """Coordinates of the task that runs this command, within the launcher above."""
    overruled: dict[str, Value] = field(default_factory=dict)
    """What the image of its tasks' containers sets, which wins over what is exported."""
    container: Container | None = None
    """The container that it starts; without children, its image says what runs in it, and was not read."""
    per_host_copies: bool = False
    """Presumed to be started by hand on each of its hosts (presumption 2)."""
    written_rank: int | None = None
    """The node rank that its command names before somebody edits it on each host."""
    presumed: tuple[str, ...] = ()
    """Presumptions it rests on, in words."""

    @property
    def at(self) -> Span:
        return self.exec.at

    @property
    def host(self) -> Host:
        return self.exec.host

    @property
    def environment(self) -> Environment:
        return self.exec.environment

    @property
    def called(self) -> str:
        """The launcher as the command names it, such as `torch.distributed.launch` behind `python -m`."""
        words = [word.string for word in self.exec.argv]
        if "-m" in words[:-1] and (words[0] or "").rpartition("/")[2].startswith("python"):
            return words[words.index("-m") + 1] or self.tool
        return self.tool

    @property
    def per_host(self) -> bool:
        """It starts the processes of one host only, so it must be run on each host."""
        return self.ranks and not self.spreads

    def chain(self) -> tuple[Launch, ...]:
        """This launch and the launchers above it, nearest first."""
        return (self,) if self.parent is None else (self, *self.parent.chain())


def alone(tool: str, exec: Exec, options: Options) -> Launch:
    """A launch of one process, which is told no rank; its child is added by who makes it."""
    return Launch(
        tool=tool,
        exec=exec,
        options=options,
        nodes=known(1),
        per_node=known(1),
        total=known(1),
        node_rank=absent(),
        rendezvous=Rendezvous("none", absent(), absent(), absent()),
        ranks=False,
    )
