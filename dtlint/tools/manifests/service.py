"""One service of a compose file: its container, with what it finds and may use."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from dtlint.job.container import DEFAULT_SHARED_MEMORY, SHARED_MEMORY, Container, Mount
from dtlint.job.site import Site
from dtlint.job.workload import Replicas
from dtlint.record import record as immutable
from dtlint.run.environment import Environment
from dtlint.run.word import Word
from dtlint.source import Span
from dtlint.tools import images
from dtlint.tools.docker_options import PRIVATE, env_file, port_pairs, shown
from dtlint.tools.images import Image
from dtlint.tools.manifests.pods import entries, listed, whole
from dtlint.tools.manifests.quantity import size
from dtlint.tools.manifests.splitting import split
from dtlint.tools.manifests.words import word
from dtlint.value import How, Step, Text, Value, absent, known, text, unknown
from dtlint.value.value import Fields, Items

_HIDDEN: Final = "\0"


@immutable
class Paths:
    """The folder of the compose file, from which its paths start."""

    folder: str
    site: Site

    def image(self, service: Value, built: dict[str | None, Value]) -> Image:
        """What its `build` makes, or that of a service with the same image."""
        name = service.field("image")
        build = service.field("build").or_default(built.get(name.string, absent()))
        context = build.string or build.field("context").string
        if build.is_absent or context is None or "://" in context:
            return images.pulled(name)
        target = build.field("target")
        file = build.field("dockerfile").or_default(known("Dockerfile"))
        folder = posixpath.normpath(posixpath.join(self.folder, context))
        if file.string is None or target.is_unknown:
            return images.pulled(name)
        path = posixpath.normpath(posixpath.join(folder, file.string))
        return images.built(path, folder, self.site.files, target.string) or images.pulled(name)

    def words(self, value: Value) -> tuple[Word, ...] | None:
        """A command: a list, or a line that is split as a shell splits and that no shell reads."""
        if isinstance(value.content, Items):
            return tuple(word(one, self.site.files.source(one.at.path)) for one in value.content.items)
        if isinstance(value.content, Text) or value.string is not None:
            return split(word(value, self.site.files.source(value.at.path)))
        return None

    def folders(self, service: Value) -> Iterator[tuple[str, str]]:
        """Folders in the container with the folders of the workspace that are mounted there."""
        for _, source, target in mounted(service):
            if source.startswith(".") and _HIDDEN not in source + target:
                yield posixpath.normpath(target), posixpath.normpath(posixpath.join(self.folder, source))

    def names(self, service: Value) -> tuple[Value, ...]:
        """Under which others find it beside the service's name."""
        found = [service.field("container_name"), service.field("hostname")]
        for _, network in entries(service.field("networks")):
            found += [*listed(network.field("aliases")), network.field("ipv4_address")]
        return tuple(name for name in found if not name.is_absent)

    def file(self, name: str) -> dict[str, Value] | None:
        """The variables of a file, without quotes around them; None where there is none."""
        source = self.site.files.source(posixpath.normpath(posixpath.join(self.folder, name)))
        if source is None:
            return None
        shell = Environment({}, scope=("compose", self.folder))
        return {
            name: value.mapped("unquoted", lambda given: bare(str(given)))
            for name, value in env_file(source, shell).items()
        }

    def variables(self, service: Value) -> tuple[dict[str, Value], bool]:
        """`env_file` and then `environment`, and whether that is all."""
        found: dict[str, Value] = {}
        complete = True
        files = service.field("env_file")
        for file in listed(files) or ((files,) if not files.is_absent else ()):
            name = file.string or file.field("path").string
            read = self.file(name) if name is not None else None
            complete = complete and read is not None
            found |= read or {}
        given = service.field("environment")
        for key, value in entries(given):
            # Without a value it is that of the shell.
            here = value.known and value.constant is None
            found[key] = unknown(f"${key}", key=("compose", self.folder, key)) if here else _plain(value)
        for entry in listed(given):
            name, value = _assigned(entry, self.folder)
            complete = complete and name is not None
            found |= {name: value} if name is not None else {}
        return found, complete and whole(given) and whole(service)


def bare(content: str) -> str:
    """Without the quotes around it, which compose takes away."""
    quoted = len(content) > 1 and content[0] == content[-1] and content[0] in "\"'"
    return content[1:-1] if quoted else content


def _plain(value: Value) -> Value:
    """YAML's booleans are passed on as they are written."""
    if value.known and isinstance(value.constant, bool):
        return value.mapped("text", lambda given: str(given).lower())
    return value.as_text()


def _assigned(entry: Value, folder: str) -> tuple[str | None, Value]:
    """`NAME=value`, or the name of a variable of the shell."""
    parts = entry.content.parts if isinstance(entry.content, Text) else (entry.string or "",)
    head = parts[0] if parts else ""
    if not isinstance(head, str) or not head:
        return None, absent()
    name, equals, rest = head.partition("=")
    if not equals:
        return (name, unknown(f"${name}", key=("compose", folder, name))) if len(parts) == 1 else (None, absent())
    return name, text((rest, *parts[1:])).after(entry.trail)


def container(name: str, service: Value, at: Span, image: Image, paths: Paths) -> Container:
    variables, complete = paths.variables(service)
    limits = service.field("deploy").field("resources").field("limits")
    mode = service.field("network_mode")
    return Container(
        at=at,
        kind="compose",
        name=service.field("container_name").or_default(known(name)),
        image=service.field("image"),
        directory=service.field("working_dir").or_default(image.directory),
        variables=variables,
        complete=complete,
        gpus=_gpus(service),
        cpus=limits.field("cpus").or_default(service.field("cpus")).as_float(),
        memory=size(limits.field("memory").or_default(service.field("mem_limit"))),
        shared_memory=_shared_memory(service, at),
        host_network=mode.mapped("host network", lambda given: given == "host").or_default(known(False)),
        mounts=tuple(_mounts(service)),
        devices=tuple(listed(service.field("devices"))) + _unseen(service.field("devices")),
        privileged=service.field("privileged").or_default(known(False)),
        hostname=service.field("hostname"),
        network=mode,
        published=tuple(pair for port in listed(service.field("ports")) for pair in port_pairs(port)),
    )


def replicas_of(name: str, service: Value, at: Span, one: Container) -> Replicas:
    count = service.field("deploy").field("replicas").or_default(service.field("scale")).as_int()
    if not service.field("profiles").is_absent:
        count = unknown("how many are started", key=("profile", at), low=0, whole=True)
    return Replicas(
        role=name,
        count=count.or_default(known(1)),
        at=at,
        containers=(one,),
        host_network=one.host_network,
        hostname=one.hostname,
        restart=service.field("restart"),
        spec=service,
    )


def _unseen(value: Value) -> tuple[Value, ...]:
    return () if whole(value) else (unknown("a device", key=("device", str(value))),)


def _gpus(service: Value) -> Value:
    """GPUs that it surely has; absent where nothing grants any (another runtime may be the default one)."""
    asked = [*listed(service.field("deploy").field("resources").field("reservations").field("devices"))]
    short = service.field("gpus")
    asked += listed(short)
    hidden = unknown("the GPUs of the container", key=("gpus", service.at), low=0, whole=True)
    if not asked and not short.is_absent:
        return hidden.after(short.trail)
    if not asked or not whole(service):
        return absent() if whole(service) and not asked else hidden
    if len(asked) > 1:
        return hidden
    one = asked[0]
    listed_ids = one.field("device_ids")
    if isinstance(listed_ids.content, Items) and listed_ids.content.complete:
        return listed_ids.length
    count = one.field("count").as_int()
    return count if count.integer is not None else hidden.after(one.field("count").trail)


def mounted(service: Value) -> Iterator[tuple[Value, str, str]]:
    """Each volume with its source and target."""
    for volume in listed(service.field("volumes")):
        if isinstance(volume.content, Fields):
            source, target = volume.field("source"), volume.field("target")
            yield volume, source.string or _HIDDEN, target.string or _HIDDEN
        else:
            parts = shown(volume).split(":")
            yield volume, parts[0], parts[1] if len(parts) > 1 else parts[0]


def _mounts(service: Value) -> Iterator[Mount]:
    for volume, source, target in mounted(service):
        path = unknown("a path", key=("mount", str(volume))) if _HIDDEN in target else known(target)
        named = unknown("a volume", key=("mount", str(volume))) if _HIDDEN in source else known(source)
        yield Mount(path.after(volume.trail), named, known(True))


def _shared_memory(service: Value, at: Span) -> Value:
    """Bytes of `/dev/shm`; absent where it is as large as that of the host or as memory."""
    hidden = unknown("the size of /dev/shm", key=("shm", at))
    ipc = service.field("ipc")
    if not whole(service) or not service.field("volumes_from").is_absent or not whole(service.field("volumes")):
        return hidden
    if not ipc.is_absent and ipc.string not in PRIVATE:
        return absent(*ipc.trail) if ipc.string == "host" else hidden
    tmpfs = service.field("tmpfs")
    inside = [shown(one).partition(":")[0] for one in (listed(tmpfs) or ((tmpfs,) if not tmpfs.is_absent else ()))]
    inside += [target for _, _, target in mounted(service)]
    for target in inside:
        if _HIDDEN in target or target.rstrip("/") in (SHARED_MEMORY, "/dev"):
            return hidden
    asked = service.field("shm_size")
    step = Step(How.DEFAULT, "/dev/shm has 64 MiB where nothing else is said", at)
    return size(asked.as_text()) if not asked.is_absent else known(DEFAULT_SHARED_MEMORY, step)
