"""Where the processes of a manifest are told that others are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from dtlint.job.container import Container
from dtlint.job.launch import Launch
from dtlint.job.naming import Series, host_of
from dtlint.job.run import Run
from dtlint.job.workload import Replicas, Workload
from dtlint.record import record
from dtlint.source import Span
from dtlint.value import Fields, Items, Truth, Value, absent, every, undecided

JOB_NAMES: Final = ("job-name", "batch.kubernetes.io/job-name")
"""Labels that the Job controller gives to its pods."""

_ADDRESS: Final = re.compile(r"ADDR|HOST|MASTER|ENDPOINT|COORDINATOR|SERVER|RDZV|RENDEZVOUS|URL|LEADER|PEER")
"""Names of variables whose value is an address, also where it has no dot."""


@record(eq=False)
class Meant:
    """An address with the pods that it means."""

    address: Value
    host: str
    series: Series
    made: bool
    """The operator makes the Service of their subdomain."""


def pods_meant(run: Run) -> Iterator[Meant]:
    """Addresses that mean pods of one series of the run, and no Service that is called like them."""
    services = {str(one.field("metadata").field("name")) for one in run.documents if is_service(one)}
    pods = [
        (series, any((name == series.domain).always for name in workload.names))
        for workload in run.workloads
        for group in workload.groups
        for series in group.series
    ]
    for address, host in addresses(run):
        meant = [(series, made) for series, made in pods if series.index(host) is not None]
        if len(meant) == 1 and host.partition(".")[0] not in services:
            yield Meant(address, host, *meant[0])


def addresses(run: Run) -> Iterator[tuple[Value, str]]:
    """Texts that are addresses, with the host in each: variables of containers, and where launchers are to meet."""
    return _addresses(run.containers(), run.launches)


def addresses_of(run: Run, group: Replicas) -> Iterator[tuple[Value, str]]:
    """Those that the pods of one group have."""
    return _addresses(group.containers, [launch for launch in run.launches if launch.host in group.hosts])


def _addresses(containers: Iterable[Container], launches: Iterable[Launch]) -> Iterator[tuple[Value, str]]:
    seen: set[Span] = set()
    for container in containers:
        for name, value in container.variables.items():
            for part in (value.string or "").split(","):
                host = host_of(part.strip())
                if value.trail and host and ("." in host or _ADDRESS.search(name)):
                    seen.add(value.at)
                    yield value, host
    for launch in launches:
        address = launch.rendezvous.address
        if address.string is not None and address.trail and not seen & {step.at for step in address.trail}:
            yield address, host_of(address.string)


def in_cluster(run: Run, host: str) -> bool:
    """Only the cluster's own name service knows the host: a Service beside the manifest, or one of its pods."""
    services = {one.field("metadata").field("name").string for one in run.documents if is_service(one)}
    pods = [series for workload in run.workloads for group in workload.groups for series in group.series]
    within = ".svc." in f"{host}." or host.partition(".")[0] in services
    return within or any(one.index(host) is not None and one.resolves(host).always for one in pods)


def is_service(document: Value) -> bool:
    return document.field("kind").string == "Service" and document.field("apiVersion").string == "v1"


@record(eq=False)
class Served:
    """An address that names a Service beside the manifest, and the port that is used there."""

    address: Value
    port: Value
    service: Value


def services_meant(run: Run) -> Iterator[Served]:
    """Where processes are to meet, by the launchers and by MASTER_ADDR of containers, if a Service has that name."""
    services = {str(one.field("metadata").field("name")): one for one in run.documents if is_service(one)}
    for address, port in meetings(run):
        host = host_of(address.string or "")
        service = services.get(host.partition(".")[0])
        labels = host.split(".")[1:]
        if service is not None and (not labels or labels[1:2] == ["svc"]):
            yield Served(address, port, service)


def meetings(run: Run) -> Iterator[tuple[Value, Value]]:
    """Address and port of each meeting point: MASTER_ADDR of containers, and what launchers are told."""
    seen: set[Span] = set()
    for container in run.containers():
        address, port = container.variables.get("MASTER_ADDR"), container.variables.get("MASTER_PORT")
        if address is not None and address.string is not None and address.trail:
            seen.add(address.at)
            yield address, port.as_int() if port is not None else absent()
    for launch in run.launches:
        address = launch.rendezvous.address
        if address.string is not None and address.trail and not seen & {step.at for step in address.trail}:
            yield address, launch.rendezvous.port


def selected(service: Value, workload: Workload, group: Replicas) -> Truth:
    """The selector of a Service, or of a policy, fits all pods of the group; what a template says nothing of may be
    added by somebody."""
    selector = service.content
    if not isinstance(selector, Fields) or not selector.complete or not selector.entries:
        return undecided(service)
    own = dict.fromkeys(JOB_NAMES, workload.name) if workload.kind == "Job" else {}
    verdicts = []
    for name, wanted in selector.entries.items():
        given = own.get(name, group.labels.field(name))
        verdicts.append(undecided(wanted) if given.is_absent else given == wanted)
    return every(verdicts)


def policies(run: Run, workload: Workload, group: Replicas) -> list[Value]:
    """The NetworkPolicies that decide who may reach the pods of the group; none where another one might too, or where a
    policy is not seen whole."""
    found = []
    for one in run.documents:
        spec = one.field("spec")
        kinds = spec.field("policyTypes")
        if one.field("kind").string != "NetworkPolicy" or (kinds.contains("Ingress").never and not kinds.is_absent):
            continue
        selector = spec.field("podSelector").field("matchLabels")
        verdict = selected(selector, workload, group)
        rules = spec.field("ingress").content
        if not spec.field("podSelector").field("matchExpressions").is_absent or not isinstance(rules, Items):
            return []
        if verdict.always and rules.complete:
            found.append(one)
        elif not verdict.never:
            return []
    return found
