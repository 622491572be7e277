"""Compose files: each service is a container, or several, in networks in which its name is known.

https://docs.docker.com/reference/compose-file/services/ ; a file without a network puts all services into one of its
own, where names are resolved: https://docs.docker.com/compose/how-tos/networking/
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import Final

from dtlint.facts.document import Mapping
from dtlint.job.launch import Child, Launch
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Replicas, Workload
from dtlint.run.environment import Environment
from dtlint.run.host import Host
from dtlint.run.settings import Filling, value_of
from dtlint.run.word import Word
from dtlint.source import Source, Span
from dtlint.tools import images
from dtlint.tools.images import Image
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.interpolation import filling
from dtlint.tools.manifests.pods import entries
from dtlint.tools.manifests.service import Paths, container, replicas_of
from dtlint.value import Value, absent, fields, items, known, unknown
from dtlint.value.value import Fields, Items

KINDS: Final[frozenset[str]] = frozenset()
_STARTED: Final = ("image", "build", "extends", "provider")
_MEETS: Final = re.compile(r"--(?:master[-_]addr|rdzv[-_]endpoint|main[-_]process[-_]ip)[ =](\S+)")
_PROGRAM: Final = re.compile(r"[\w./-]+\.py\b|-m [\w.]+")
_SCRIPTS: Final = (".sh", ".bash", "Makefile", ".mk", "justfile")
_CALLS: Final = re.compile(r"docker[ -]compose\b|podman[ -]compose\b")
_ASSIGNS: Final = re.compile(r"\b([A-Za-z_]\w*)[ \t]*[:?]?=")
_PLACES: Final = ("RANK", "NODE_RANK", "MACHINE_RANK", "TASK", "TASK_INDEX", "TASK_ID", "TF_CONFIG", "WORKER_INDEX")
"""Variables that tell the processes of one program apart."""


def recognises(record: Value) -> bool:
    """A compose file has services, each a record; documents of cloud services that have some name their schema."""
    services = record.field("services").content
    return isinstance(services, Fields) and record.field("$schema").is_absent and record.field("apiVersion").is_absent


@dataclass(eq=False, slots=True)
class _Service:
    name: str
    record: Value
    at: Span
    group: Replicas
    argv: tuple[Word, ...]
    image: Image
    environment: dict[str, Value] = field(default_factory=dict)
    directory: Value = field(default_factory=absent)


def read(record: Value, site: Site, source: Source) -> Workload | None:
    document = site.files.document(source.path)
    root = next((root for root in document.roots if isinstance(root, Mapping)), None) if document else None
    listing = root.get("services") if root is not None else None
    if root is None or not isinstance(listing, Mapping):
        return None
    folder = posixpath.dirname(source.path)
    given = _variables(folder, site)
    fill = filling(given, folder)
    record = value_of(root, fill)
    places = {entry.key: entry.key_at for entry in listing.entries}
    records = {name: _extended(one, record, site, folder, given) for name, one in entries(record.field("services"))}
    records = _overridden(records, site, source, fill)
    if not records or any(not _starts(one) for one in records.values()):
        return None
    paths = Paths(folder, site)
    built = {
        one.field("image").string: one.field("build")
        for one in records.values()
        if one.field("image").string is not None and not one.field("build").is_absent
    }
    at = places[next(iter(records))]
    workload = Workload("compose", record.field("name"), at, record, ())
    services = [_service(name, one, places.get(name, at), built, paths, workload) for name, one in records.items()]
    workload.groups = tuple(service.group for service in services)
    _connect(services, workload)
    launches = _launches(services, workload, site)
    workload.launch, workload.others = launches[0], tuple(launches[1:])
    return workload


def _variables(folder: str, site: Site) -> dict[str, Value]:
    """Those of the `.env` file; what a script sets before it calls compose wins, and is not followed."""
    found = Paths(folder, site).file(".env") or {}
    for path in {*site.files.listing(folder or "."), *site.files.listing(".")}:
        if not path.endswith(_SCRIPTS):
            continue
        source = site.files.source(path)
        if source is not None and _CALLS.search(source.text):
            for name in _ASSIGNS.findall(source.text):
                found[name] = unknown(f"${name}", key=("compose", folder, name))
    return found


def _starts(service: Value) -> bool:
    """It says what it is; what does not only adds to a service of another file."""
    return not service.is_unknown and any(not service.field(name).is_absent for name in _STARTED)


# -- what several files or services give together


def _extended(service: Value, record: Value, site: Site, folder: str, given: dict[str, Value], deep: int = 4) -> Value:
    base = service.field("extends")
    if base.is_absent or not deep:
        return service
    name = base.string or base.field("service").string
    file = base.field("file")
    if isinstance(base.content, Fields) and not file.is_absent:
        path = posixpath.normpath(posixpath.join(folder, file.string or ""))
        document = site.files.document(path)
        root = document.roots[0] if document is not None and document.roots else None
        if root is None:
            return fields(dict(entries(service)), complete=False, trail=service.trail)
        record = value_of(root, filling(given, folder))
    if name is None:
        return fields(dict(entries(service)), complete=False, trail=service.trail)
    above = record.field("services").field(name)
    if not isinstance(above.content, Fields):
        return fields(dict(entries(service)), complete=False, trail=service.trail)
    return merged(_extended(above, record, site, folder, given, deep - 1), service)


def _overridden(records: dict[str, Value], site: Site, source: Source, fill: Filling) -> dict[str, Value]:
    """With the file that compose adds by itself: `compose.override.yaml` beside `compose.yaml`."""
    stem, dot, extension = source.path.rpartition(".")
    if posixpath.basename(stem) not in ("compose", "docker-compose"):
        return records
    for ending in (extension, "yml", "yaml"):
        document = site.files.document(f"{stem}.override{dot}{ending}")
        if document is not None and document.roots:
            more = value_of(document.roots[0], fill).field("services")
            added = dict(entries(more))
            return {name: merged(records[name], added[name]) if name in added else records[name] for name in records}
    return records


def merged(base: Value, over: Value) -> Value:
    """https://docs.docker.com/reference/compose-file/merge/ : mappings are merged, sequences joined, but commands are
    replaced."""
    if not isinstance(base.content, Fields) or not isinstance(over.content, Fields):
        return over
    found = dict(base.content.entries)
    for name, value in over.content.entries.items():
        mine = found.get(name)
        if mine is None or name in ("command", "entrypoint"):
            found[name] = value
        elif isinstance(mine.content, Items) and isinstance(value.content, Items):
            complete = mine.content.complete and value.content.complete
            found[name] = items((*mine.content.items, *value.content.items), complete, value.trail)
        elif isinstance(mine.content, Fields) and isinstance(value.content, Fields):
            found[name] = merged(mine, value)
        else:
            found[name] = value
    return fields(found, base.content.complete and over.content.complete, over.trail)


# -- services


def _service(
    name: str, record: Value, at: Span, built: dict[str | None, Value], paths: Paths, workload: Workload
) -> _Service:
    image = paths.image(record, built)
    one = container(name, record, at, image, paths)
    environment = {**dict(image.variables), **one.variables}
    group = replicas_of(name, record, at, one)
    entrypoint = paths.words(record.field("entrypoint"))
    words = paths.words(record.field("command"))
    argv = image.argv(words or (), entrypoint) if words is not None or entrypoint is not None else image.argv(())
    hidden = any(record.field(key).is_unknown for key in ("command", "entrypoint"))
    argv = () if hidden else argv
    one.command = argv or None
    directory = images.placed(one.directory, (*image.copied, *paths.folders(record)))
    group.hosts = tuple(_hosts(group, workload, paths))
    return _Service(name, record, at, group, argv, image, environment, directory)


def _hosts(group: Replicas, workload: Workload, paths: Paths) -> list[Host]:
    one = group.containers[0]
    found = []
    for index in corners(group.count):
        key = (group.at, index)
        alone = group.count.integer == 1
        gpus = one.gpus
        if gpus.is_absent:
            gpus = unknown("the GPUs of the container", key=("gpus", key), low=0, whole=True)
        found.append(
            Host(
                index=index,
                name=known(group.role) if alone else unknown("the container's name", key=("container", key)),
                gpus=gpus,
                cpus=unknown("the CPUs of the container", key=("cpus", key), low=1, whole=True),
                names=paths.names(group.spec) if alone else (),
                allocation=workload,
                container=one,
            )
        )
    return found


def _connect(services: list[_Service], workload: Workload) -> None:
    """Services with the host's network are one machine, as are those that share the network of another."""
    outside = object()
    by_name = {service.name: service for service in services}
    for place, service in enumerate(services):
        mode = service.record.field("network_mode").string or ""
        other = by_name.get(mode.removeprefix("service:")) if mode.startswith("service:") else None
        before = sum(len(each.group.hosts) for each in services[:place])
        for host in service.group.hosts:
            host.index += before
            if mode == "host":
                host.machine = outside
            elif other is not None and other.group.hosts:
                host.machine = other.group.hosts[0].machine


# -- what is started


def _launches(services: list[_Service], workload: Workload, site: Site) -> list[Launch]:
    """One launch for services that are one program and meet, and one for each other service."""
    meetings: dict[object, list[_Service]] = {}
    for service in services:
        meetings.setdefault(_meeting(service) or service.at, []).append(service)
    found: list[Launch] = []
    for together in meetings.values():
        count = known(0)
        for service in together:
            count = count + service.group.count
        several = len(together) > 1 or count.integer != 1
        at = workload.at if several and not found else together[0].at
        launched = _launch(at, count, several, workload)
        children = [_child(service, host, launched, site) for service in together for host in service.group.hosts]
        found.append(operator.start(launched, list(children)))
    return found


def _meeting(service: _Service) -> object:
    """What services of one world have in common; None for a service that meets nobody."""
    line = " ".join(word.string or "" for word in service.argv)
    program = _PROGRAM.search(line)
    if program is None or not service.record.field("profiles").is_absent:
        return None
    address = service.environment.get("MASTER_ADDR", absent()).string
    told = _MEETS.search(line)
    if address is None and told is not None and "$" not in told.group(1):
        address = told.group(1)
    if address is None and not any(name in service.environment for name in _PLACES):
        return None
    return program.group(), address


def _launch(at: Span, count: Value, several: bool, workload: Workload) -> Launch:
    launched = operator.launch(workload, count, joins=several, at=at)
    launched.spreads, launched.allocation = several, None
    return launched


def _child(service: _Service, host: Host, launched: Launch, site: Site) -> Child | None:
    if not service.argv:
        return None
    one = service.group.containers[0]
    named = one.hostname
    if named.is_absent:
        named = unknown("the id of the container", key=("container", service.at, host.index))
    environment = Environment(
        {"HOSTNAME": named, **service.environment},
        scope=("service", service.at, host.index),
        closed=one.complete and (service.image.closed or not service.record.field("entrypoint").is_absent),
        assumed=site.assumed,
    )
    return Child(
        host=host,
        environment=environment,
        argv=service.argv,
        node=host.index,
        local=0,
        at=_extent(service),
        directory=service.directory,
    )


def _extent(service: _Service) -> Span:
    """The whole command where its words stand one behind the other in the file."""
    first, last = service.argv[0].at, service.argv[-1].at
    together = first.path == last.path == service.at.path and first.end <= last.end
    return Span(first.path, first.start, last.end) if together else service.at
