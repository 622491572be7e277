"""What one manifest makes an operator, a scheduler or a container engine start."""

from __future__ import annotations

from dataclasses import dataclass, field

from dtlint.job.container import Container
from dtlint.job.launch import Launch
from dtlint.job.naming import Series
from dtlint.run.host import Host
from dtlint.run.word import Word
from dtlint.source import Span
from dtlint.value import Value, absent, known


@dataclass(eq=False, slots=True)
class Replicas:
    """Pods that are made from one template: a replica type of an operator's job, a service of a compose file."""

    role: str
    """Master, Worker, Launcher, ps, head, the name of a service …"""
    count: Value
    """How many pods."""
    at: Span
    containers: tuple[Container, ...]
    """The first one is the one that trains."""
    hosts: tuple[Host, ...] = ()
    """The pods that are looked at one by one."""
    first: Value = field(default_factory=lambda: known(0))
    """Index of the first of them among all pods of the workload."""
    host_network: Value = field(default_factory=lambda: known(False))
    node: Value = field(default_factory=absent)
    """The one machine on which they must run (`nodeName`, the selector `kubernetes.io/hostname`)."""
    hostname: Value = field(default_factory=absent)
    subdomain: Value = field(default_factory=absent)
    restart: Value = field(default_factory=absent)
    """Restart policy."""
    offered: Value = field(default_factory=absent)
    """GPUs of each pod that a scheduler of its own (Ray) is told of; absent outside of one."""
    offered_cpus: Value = field(default_factory=absent)
    """The same of CPUs."""
    waits: bool = False
    """Its pods do nothing by themselves: another pod starts processes there."""
    series: tuple[Series, ...] = ()
    """How its pods are called, where that is known."""
    labels: Value = field(default_factory=absent)
    """Labels of the template."""
    annotations: Value = field(default_factory=absent)
    """Annotations of the template."""
    spec: Value = field(default_factory=absent)
    """The pod's specification, or the service, as a record."""

    @property
    def trainer(self) -> Container | None:
        return self.containers[0] if self.containers else None


@dataclass(eq=False, slots=True)
class Workload:
    """One document of a manifest that starts pods, or one compose file."""

    kind: str
    """PyTorchJob, MPIJob, Job, JobSet, RayCluster, compose …"""
    name: Value
    at: Span
    """The document's kind."""
    record: Value
    """The whole document."""
    groups: tuple[Replicas, ...]
    namespace: Value = field(default_factory=absent)
    minimum: Value = field(default_factory=absent)
    """Pods that must find room before any is started (gang scheduling); absent where nothing waits for others."""
    meeting: Value = field(default_factory=absent)
    """Pods that wait for each other when they start; absent where nothing says how many."""
    astray: tuple[tuple[str, Value], ...] = ()
    """Roles whose pods the operator looks for under a name that no group has, with that name."""
    outside: tuple[Replicas, ...] = ()
    """Pods that the operator starts beside those that train."""
    release: Value = field(default_factory=absent)
    """The operator's release, as text, where the manifest names it."""
    slots: Value = field(default_factory=absent)
    """Processes on each pod, where the workload says it."""
    starter_works: bool = False
    """The pod that starts processes on others runs some of them too."""
    gpus: Value = field(default_factory=absent)
    """GPUs that all its pods together can ever offer; absent where nobody counts them together."""
    names: tuple[Value, ...] = ()
    """Names of services that the operator makes for it."""
    setup: Word | None = None
    """The text that a shell runs on each node before the job, in another environment."""
    launch: Launch | None = None
    """The operator at work."""
    others: tuple[Launch, ...] = ()
    """What it starts besides: services of a compose file that are no part of that world."""

    @property
    def pods(self) -> Value:
        """All pods together."""
        total = known(0)
        for group in self.groups:
            total = total + group.count
        return total

    def group(self, *roles: str) -> Replicas | None:
        """The group with one of these roles, in any case of letters."""
        wanted = {role.lower() for role in roles}
        return next((group for group in self.groups if group.role.lower() in wanted), None)

    @property
    def hosts(self) -> tuple[Host, ...]:
        return tuple(host for group in self.groups for host in group.hosts)
