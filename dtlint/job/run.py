"""One job as it would run: what one file starts, and everything that follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dtlint.job.container import Container
from dtlint.job.launch import Allocation, Launch
from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.job.workload import Replicas, Workload
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.word import Exec, Word
from dtlint.source import Span
from dtlint.value import Value

if TYPE_CHECKING:
    import networkx

    from dtlint.job.graph import Graph
    from dtlint.job.variables import Variable


@record(eq=False)
class Setting:
    """A variable that a shell sets, for the commands that follow it."""

    name: str
    value: Value
    at: Span
    exported: bool
    run: Run


@record(eq=False)
class Written:
    """A file that a script writes before it is used."""

    path: Value
    text: Word


@dataclass(eq=False, slots=True)
class Run:
    """What starts with `root`: a batch script, a launch script, a manifest, or a script that nobody launches."""

    root: str
    allocation: Allocation | None = None
    workloads: list[Workload] = field(default_factory=list)
    """What the documents of a manifest make operators start."""
    documents: tuple[Value, ...] = ()
    """The documents of a manifest and of those beside it, those that start nothing too."""
    launches: list[Launch] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)
    worlds: list[World] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    wanted: set[str] = field(default_factory=set)
    """Variables that its shells asked for and that nobody who was read had set."""
    plans: list[Plan] = field(default_factory=list)
    commands: list[Exec] = field(default_factory=list)
    """Commands that start something, launchers or not, in order."""
    written: list[Written] = field(default_factory=list)
    """Files that its shells write."""
    files: set[str] = field(default_factory=set)
    """Files that had a part in it."""
    asked: dict[tuple[str, tuple[str | None, ...]], object] = field(default_factory=dict)
    """What it asked about which files there are, with the answers (`dtlint.run.recording`)."""
    together: bool = False
    """Several scripts that are started by hand, each on a host of its own, and whose launchers meet."""
    told: str = ""
    """The command that submits the root, where one does."""
    variables: tuple[Variable, ...] | None = None
    """What its variables are set to; None until somebody asks (`dtlint.job.variables`)."""
    target: str = ""
    """The root is a makefile, and this is made."""
    identity: str = ""
    """What tells it apart from other runs of its root: place and words of that command, or the scripts that are put
    together."""
    spent: bool = False
    """It was completed once, and is to be made again for whoever wants to complete it."""
    unlaunched: bool = False
    """The root is a script that nobody launches (presumption 1)."""
    notebook: bool = False
    """The root is a notebook, which one process runs."""
    configures: bool = False
    """The root is a configuration for DeepSpeed, judged for itself: whatever reads it finds the same in it."""
    documented: bool = False
    """The root is a document, and `told` one of the commands that it tells its readers to type."""
    followed: bool = True
    """Its scripts are run on paper; of many occasions of one script, only some are."""
    fault: str = ""
    """What went wrong in dtlint itself when it was run on paper."""
    complete: bool = True
    """Nothing that could start a process was left unread."""

    def clear(self) -> None:
        """Forget everything but the root, to run it again in another way."""
        for process in self.processes:
            # A process and its world hold each other, and the process is older than what it did: a collector that
            # looks only at what is new would take all of it for still in use.
            process.run = process.world = process.trainer = None
        for things in (
            self.workloads,
            self.launches,
            self.processes,
            self.worlds,
            self.settings,
            self.plans,
            self.commands,
            self.written,
            self.wanted,
        ):
            things.clear()
        self.variables = None

    @property
    def put_together(self) -> bool:
        """Kustomize puts its manifests together: other files may add to them, and they may be parts of others."""
        kinds = [(one.field("kind"), one.at.path) for one in self.documents if one.trail]
        return any(kind.string == "Kustomization" or "kustomization." in path for kind, path in kinds)

    def containers(self) -> list[Container]:
        """The containers of all workloads, and those that shells start."""
        described = [one for workload in self.workloads for group in workload.groups for one in group.containers]
        started = [launch.container for launch in self.launches if launch.container is not None]
        started += [launch.host.container for launch in self.launches if launch.host.container is not None]
        started += [process.host.container for process in self.processes if process.host.container is not None]
        return list({id(one): one for one in (*described, *started)}.values())

    @property
    def at(self) -> Span:
        return Span(self.root, 0, 0)

    def subjects(self, kind: type[Any]) -> Iterable[Any]:
        """All things of one kind that a rule can be asked about."""
        if kind is Replicas:
            return [group for workload in self.workloads for group in workload.groups]
        if kind is Container:
            return self.containers()
        by_kind: dict[type[Any], Iterable[Any]] = {
            Launch: self.launches,
            Process: self.processes,
            World: self.worlds,
            Setting: self.settings,
            Plan: self.plans,
            Run: (self,),
            Workload: self.workloads,
            Allocation: (self.allocation,) if self.allocation else (),
        }
        return by_kind[kind]

    def graph(self) -> networkx.DiGraph[Any]:
        """The same as `connections`, for whoever needs its paths or cycles; nodes have `kind` and `label`."""
        import networkx

        graph: networkx.DiGraph[Any] = networkx.DiGraph()
        connections = self.connections()
        for thing, look in connections.nodes.items():
            graph.add_node(thing, kind=look.kind, label=look.label)
        for tail, head, kind in connections.edges():
            graph.add_edge(tail, head, kind=kind)
        return graph

    def connections(self) -> Graph:
        """Who starts whom, on which host, in which world, which meets where."""
        from dtlint.job.graph import Graph

        graph = Graph()
        for launch in self.launches:
            graph.add(launch, "launch", launch.tool)
            graph.add(launch.host.machine, "host", str(launch.host.name))
            graph.connect("runs on", (launch, launch.host.machine))
            if launch.parent is not None:
                graph.connect("starts", (launch.parent, launch))
        for process in self.processes:
            graph.add(process, "process", process.label)
            graph.add(process.host.machine, "host", str(process.host.name))
            graph.connect("runs on", (process, process.host.machine))
            if process.spawned_by is not None:
                graph.connect("starts", (process.spawned_by, process))
            elif process.launch is not None:
                graph.connect("starts", (process.launch, process))
            if process.script is not None:
                graph.add(process.script, "script", process.script)
                graph.connect("runs", (process, process.script))
        for world in self.worlds:
            graph.add(world, "world", f"world of {world.size}")
            graph.connect("takes part in", *((process, world) for process in world.processes))
            meeting = world.first.rendezvous
            if not meeting.address.is_absent:
                endpoint = ("endpoint", str(meeting.address), str(meeting.port))
                graph.add(endpoint, "endpoint", f"{meeting.address}:{meeting.port}")
                graph.connect("meets at", (world, endpoint))
                hosts = {process.host.machine: process.host for process in world.processes}.items()
                served = (machine for machine, host in hosts if (host.name == meeting.address).always)
                graph.connect("is on", *((endpoint, machine) for machine in served))
        for plan in self.plans:
            if plan.world is not None and not plan.record.is_absent:
                config = ("config", plan.at.path)
                graph.add(config, "config", plan.at.path)
                graph.connect("is configured by", (plan.world, config))
        return graph
