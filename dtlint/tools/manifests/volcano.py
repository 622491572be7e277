"""Job of Volcano: tasks that are scheduled together, and plug-ins that tell the pods of each other.

By https://github.com/volcano-sh/volcano , pkg/controllers/job/plugins: distributed-framework/pytorch/pytorch.go,
distributed-framework/mpi/mpi.go, distributed-framework/tensorflow/tensorflow.go, svc/svc.go, env/env.go; defaults by
pkg/webhooks/admission/jobs/mutate/mutate_job.go.  Up to release 1.11 the pytorch plug-in counts the pods of all tasks
into WORLD_SIZE, from 1.12 (commit ae092898e) those of the master's and the worker's task.
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.job.launch import Launch, Rendezvous
from dtlint.job.naming import Series
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Replicas, Workload
from dtlint.run.host import Host
from dtlint.source import Source, Span
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.pods import described, listed, pods, replicas, whole
from dtlint.tools.manifests.tf_config import tf_config
from dtlint.value import How, Step, Value, absent, known, text, unknown

KINDS: Final = frozenset({"batch.volcano.sh/Job"})
ROLES: Final = ("master", "worker", "ps", "chief", "evaluator", "port")
PORTS: Final = {"pytorch": 23456, "tensorflow": 2222, "mpi": 22}
COUNTS_TRAINERS: Final = (1, 12)
"""The first release whose pytorch plug-in counts the master and the workers alone."""
_RELEASE: Final = re.compile(r"[Vv]olcano[\w./:@= \t-]{0,24}?[ /:@=-]v?([0-9]+)\.([0-9]+)(?:\.[0-9]+)?\b")


def read(record: Value, site: Site, source: Source) -> Workload | None:
    spec, metadata = record.field("spec"), record.field("metadata")
    name, plugins = metadata.field("name"), spec.field("plugins")
    workload = Workload("Volcano Job", name, record.field("kind").at, record, ())
    workload.namespace = metadata.field("namespace")
    workload.release = release(source)
    served = any(not plugins.field(one).is_absent for one in ("svc", "pytorch", "mpi", "tensorflow"))
    groups: list[Replicas] = []
    for place, task in enumerate(listed(spec.field("tasks"))):
        none = known(0, Step(How.DEFAULT, "a task has no replicas where nothing says how many", workload.at))
        count = task.field("replicas").as_int().or_default(none)
        role = task.field("name").string or ("task" if not task.field("name").is_absent else f"default{place}")
        group = replicas(role, count, task.field("template"), site, source)
        if name.string is not None and served and group.hostname.is_absent:
            domain = group.subdomain.or_default(name)
            group.series = (Series(f"{name.string}-{role}-", count, domain, workload.namespace),)
        groups.append(group)
    if not groups:
        return None
    workload.groups = tuple(groups)
    workload.names = (name,) if served else ()
    workload.minimum = spec.field("minAvailable").as_int()
    if workload.minimum.integer == 0:
        workload.minimum = absent()
    for group in groups:
        group.hosts = pods(group, _names(name, group), known(0), workload)
    if served and any(task.field("name").is_unknown for task in listed(spec.field("tasks"))):
        workload.launch = _hidden(workload, site)
        return workload
    for plugin, reader in (("pytorch", _pytorch), ("mpi", _mpi), ("tensorflow", _tensorflow)):
        if not plugins.field(plugin).is_absent:
            given = flags(plugins.field(plugin))
            workload.astray = _astray(workload, plugin, given, plugins.field(plugin))
            workload.launch = reader(workload, given, site)
            return workload
    launched = operator.launch(workload, workload.pods)
    children = [operator.child(launched, group, host, _given(host), site) for group in groups for host in group.hosts]
    workload.launch = operator.start(launched, children)
    return workload


def flags(arguments: Value) -> dict[str, Value]:
    """`--name=value` of a plug-in's arguments, as Go's flag package reads them (`-name`, and the value behind, too)."""
    found: dict[str, Value] = {}
    waiting = ""
    for word in listed(arguments):
        content = word.string
        if content is None:
            waiting = ""
        elif waiting:
            found[waiting], waiting = word, ""
        elif content.startswith("-"):
            flag, equals, value = content.lstrip("-").partition("=")
            if equals:
                found[flag] = known(value).after(word.trail)
            else:
                waiting = flag
    if whole(arguments) and all(word.string is not None for word in listed(arguments)):
        return found
    return {role: unknown(f"--{role}", key=("flag", arguments.at, role)) for role in ROLES} | found


def _astray(
    workload: Workload, plugin: str, given: dict[str, Value], arguments: Value
) -> tuple[tuple[str, Value], ...]:
    """Names that the arguments give and no task has; the master must be there under its usual name too."""
    names = {role: given[role] for role in ROLES if role in given and role != "port"}
    if plugin != "tensorflow":
        names.setdefault("master", known("master", Step(How.DEFAULT, "--master is master by default", arguments.at)))
    return tuple(
        (role, name) for role, name in names.items() if name.string is not None and _task(workload, name) is None
    )


def release(source: Source) -> Value:
    """The release of Volcano that the manifest's text names; absent where it names none, or several."""
    stated = {(int(found.group(1)), int(found.group(2))): found for found in _RELEASE.finditer(source.text)}
    if len(stated) != 1:
        return absent()
    (((major, minor), found),) = stated.items()
    step = Step(How.WRITTEN, found.group().strip(), Span(source.path, found.start(), found.end()))
    return known(f"{major}.{minor}", step)


def _pytorch(workload: Workload, given: dict[str, Value], site: Site) -> Launch:
    roles = [given.get(role, known(role)) for role in ("master", "worker")]
    port = given.get("port", known(PORTS["pytorch"])).as_int()
    found = [_task(workload, role) for role in roles]
    master = found[0]
    trainers = [group for group in found if group is not None]
    total = known(0)
    for group in trainers:
        total = total + group.count
    if any(role.string is None for role in roles):
        return _hidden(workload, site)
    address = _address(workload, master) if master is not None else absent()
    launched = operator.launch(
        workload, total, Rendezvous("env", address, port, absent()), ranks=master is not None, joins=True
    )
    children = []
    first = known(0)
    for group in trainers:
        group.first = first
        for host in group.hosts:
            rank = first + host.index
            variables = _given(host)
            if master is not None:
                size = _world_size(workload, total)
                variables |= {"MASTER_ADDR": address, "MASTER_PORT": port, "WORLD_SIZE": size, "RANK": rank}
            host.index = rank.integer if rank.integer is not None else host.index
            children.append(operator.child(launched, group, host, variables, site, rank))
        first = first + group.count
    workload.meeting = total
    workload.outside = tuple(group for group in workload.groups if group not in trainers)
    return operator.start(launched, children)


def _hidden(workload: Workload, site: Site) -> Launch:
    """Which tasks the plug-in tells of each other is not known."""
    trainers = unknown("the pods that train", key=("trainers", workload.at), low=1, whole=True)
    launched = operator.launch(workload, trainers)
    names = ("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK", "TF_CONFIG", "MPI_HOST")
    children = []
    for group in workload.groups:
        for host in group.hosts:
            told = {name: unknown(f"${name}", key=(name, workload.at, group.role, host.index)) for name in names}
            children.append(operator.child(launched, group, host, _given(host) | told, site))
    return operator.start(launched, children)


def _world_size(workload: Workload, trainers: Value) -> Value:
    everybody = workload.pods
    if (everybody == trainers).always:
        return trainers
    if workload.release.string is None:
        return unknown("$WORLD_SIZE", key=("world size", workload.at), low=1, whole=True)
    major, minor = (int(part) for part in workload.release.string.split("."))
    return trainers if (major, minor) >= COUNTS_TRAINERS else everybody.after(workload.release.trail)


def _mpi(workload: Workload, given: dict[str, Value], site: Site) -> Launch:
    """The master's pod runs `mpirun --host ${MPI_HOST}`."""
    master, workers = (_task(workload, given.get(role, known(role))) for role in ("master", "worker"))
    hosts = workers.hosts if workers is not None else ()
    count = workers.count if workers is not None else known(0)
    launched = operator.launch(workload, known(1), allocation=operator.granted(workload, count, hosts))
    if workers is not None:
        workers.waits = True
    if master is None:
        return launched
    named = unknown("$MPI_HOST", key=("mpi hosts", workload.at))
    number = count.integer
    if workers is not None and number is not None and number <= 256 and workers.series:
        series = workers.series[0]
        names: list[str | Value] = []
        for index in range(number):
            names += ("," if index else "", f"{series.prefix}{index}.", series.domain)
        named = text(names).after(count.trail)
    workload.meeting = workload.pods
    given = {"MPI_HOST": named}
    return operator.start(
        launched, [operator.child(launched, master, host, _given(host) | given, site) for host in master.hosts]
    )


def _tensorflow(workload: Workload, given: dict[str, Value], site: Site) -> Launch:
    roles = {role: given.get(role, known(role)).string for role in ("ps", "worker", "chief", "evaluator")}
    port = given.get("port", known(PORTS["tensorflow"]))
    tasks = {role: group for role, name in roles.items() if (group := _task(workload, known(name))) is not None}
    launched = operator.launch(workload, workload.pods)
    children = []
    for group in workload.groups:
        role = next((role for role, one in tasks.items() if one is group), group.role)
        for host in group.hosts:
            config = tf_config({one: (task, port) for one, task in tasks.items()}, role, host.index)
            children.append(operator.child(launched, group, host, _given(host) | {"TF_CONFIG": config}, site))
    return operator.start(launched, children)


def _task(workload: Workload, name: Value) -> Replicas | None:
    return next((group for group in workload.groups if group.role == name.string), None)


def _address(workload: Workload, master: Replicas) -> Value:
    first = f"{workload.name}-{master.role}-0"
    known_name = known(first, Step(How.COMPUTED, f"the name of the first {master.role}", master.at))
    host = master.hostname.or_default(
        known_name if workload.name.string is not None else unknown("the first pod", key=("first pod", master.at))
    )
    return text((host, ".", master.subdomain.or_default(workload.name)))


def _given(host: Host) -> dict[str, Value]:
    return {"VC_TASK_INDEX": known(host.index), "VK_TASK_INDEX": known(host.index)}


def _names(name: Value, group: Replicas) -> list[Value]:
    if not group.hostname.is_absent:
        return [group.hostname for _ in corners(group.count)]
    if name.string is None:
        return [
            unknown("the pod's name", key=("pod name", group.at, index), family=("pod name", group.at))
            for index in corners(group.count)
        ]
    return described([f"{name.string}-{group.role}-{index}" for index in corners(group.count)], name)
