"""`docker run` and its kin: a container with a network, an environment and devices of its own.

Options by cli/command/container/opts.go of https://github.com/docker/cli (release 27) and
https://docs.podman.io/en/latest/markdown/podman-run.1.html ; networks and the names in them by
https://docs.docker.com/engine/network/drivers/bridge/ ; the format of an `--env-file` by opts/file.go.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from dataclasses import replace
from typing import Final

from dtlint.job.container import Container
from dtlint.job.launch import Child, Launch, alone
from dtlint.job.site import Site
from dtlint.run.environment import Environment
from dtlint.run.host import Host
from dtlint.run.word import Exec, Word
from dtlint.tools import images
from dtlint.tools.docker_options import devices, folders, gpus, mounts, published, shared_memory, switch, variables
from dtlint.tools.images import Image
from dtlint.tools.manifests.quantity import size
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.value import Value, known, unknown

COMMANDS: Final = frozenset({"docker", "podman", "nerdctl", "nvidia-docker"})
MODULES: Final[frozenset[str]] = frozenset()
DEFAULT_NETWORKS: Final = ("", "bridge", "default")


def _spec(valued: str, flags: str = "") -> Spec:
    def names(entry: str) -> tuple[str, ...]:
        return tuple(f"--{name}" if len(name) > 1 else f"-{name}" for name in entry.split("/"))

    return Spec(
        (*(option(*names(entry)) for entry in valued.split()), *(flag(*names(entry)) for entry in flags.split())),
        abbreviations=False,
        joined=True,
    )


_ENGINE: Final = _spec("config context/c host/H log-level/l tlscacert tlscert tlskey", "debug/D tls tlsverify")
_RUN: Final = _spec(
    """
    add-host annotation attach/a blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile
    cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares/c cpus cpuset-cpus cpuset-mems
    detach-keys device device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops dns
    dns-opt dns-option dns-search domainname entrypoint env/e env-file expose gpus group-add health-cmd
    health-interval health-retries health-start-interval health-start-period health-timeout hostname/h io-maxbandwidth
    io-maxiops ip ip6 ipc isolation kernel-memory label/l label-file link link-local-ip log-driver log-opt mac-address
    memory/m memory-reservation memory-swap memory-swappiness mount name network/net network-alias/net-alias
    oom-score-adj pid pids-limit platform publish/p pull restart runtime security-opt shm-size stop-signal
    stop-timeout storage-opt sysctl tmpfs ulimit user/u userns uts volume/v volume-driver volumes-from workdir/w
    arch authfile cgroup-conf cgroups conmon-pidfile creds gidmap group-entry hostuser image-volume os passwd-entry
    personality pidfile pod pod-id-file preserve-fds requires sdnotify secret shm-size-systemd subgidname subuidname
    systemd timeout tz uidmap umask unsetenv variant
    """,
    """
    detach/d disable-content-trust init interactive/i no-healthcheck oom-kill-disable privileged publish-all/P quiet/q
    read-only rm sig-proxy tty/t use-api-socket
    env-host http-proxy no-hosts no-hostname passwd read-only-tmpfs replace rmi rootfs tls-verify unsetenv-all
    """,
)
_EXEC: Final = _spec("detach-keys env/e env-file user/u workdir/w", "detach/d interactive/i privileged tty/t latest/l")
_BUILD: Final = _spec(
    """
    add-host allow annotation attest build-arg build-context builder cache-from cache-to cgroup-parent cpu-period
    cpu-quota cpu-shares/c cpuset-cpus cpuset-mems file/f iidfile isolation label memory/m memory-swap metadata-file
    network no-cache-filter output/o platform progress provenance sbom secret security-opt shm-size ssh tag/t target
    ulimit volume/v format
    """,
    "compress disable-content-trust force-rm load no-cache pull push quiet/q rm squash check debug/D",
)


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    rest = parse(words, _ENGINE).rest
    for group in ("container", "image", "buildx", "builder"):
        if rest and rest[0].string == group:
            rest = rest[1:]
            break
    verb = rest[0].string if rest else None
    match verb:
        case "run":
            return _run(exec, parse(rest[1:], _RUN), command, site)
        case "exec":
            return _inside(exec, parse(rest[1:], _EXEC), command, site)
        case "build":
            _build(exec, parse(rest[1:], replace(_BUILD, interspersed=True)), site)
            return None
        case _:
            return None


# -- what is built


def _build(exec: Exec, options: Options, site: Site) -> None:
    """Remember which Dockerfile an image is built from; a script is often started in its own folder."""
    context = options.rest[-1].string if options.rest and not options.hidden else None
    given = options.value("--file")
    hidden = (not given.is_absent and given.string is None) or not options.value("--target").is_absent
    if context is None or exec.directory.string is None or "://" in context or context == "-" or hidden:
        return
    for start in (exec.directory.string, posixpath.dirname(exec.at.path)):
        folder = posixpath.normpath(posixpath.join(start, context))
        path = posixpath.join(start, given.string) if given.string else posixpath.join(folder, "Dockerfile")
        if site.files.exists(posixpath.normpath(path)):
            break
    else:
        return
    for tag in options.values("--tag"):
        if tag.string is not None:
            site.images[tagged(tag.string)] = (posixpath.normpath(path), folder)


def tagged(name: str) -> str:
    """The name of an image with its tag."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


_BUILDS: Final = re.compile(r"^[ \t@]*(?:sudo )?docker (?:buildx |image )?build\b(?P<rest>[^\n;&|#]*)", re.MULTILINE)


def _image(reference: Value, exec: Exec, site: Site) -> Image:
    name = reference.string
    if name is None:
        return images.pulled(reference)
    found = site.images.get(tagged(name)) or built_beside(tagged(name), posixpath.dirname(exec.at.path), site)
    image = images.built(*found, site.files) if found is not None else None
    return image or images.pulled(reference)


def built_beside(name: str, beside: str, site: Site) -> tuple[str, str] | None:
    """The Dockerfile of the image by the one command that builds it in a script or Makefile of the folder `beside`, and
    the folder that it copies from."""
    found: set[tuple[str, str]] = set()
    for path in site.files.listing(beside):
        if not path.endswith((".sh", "Makefile", ".mk")):
            continue
        source = site.files.source(path)
        text = source.text.replace("\\\n", "  ") if source is not None and "build" in source.text else ""
        for command in _BUILDS.finditer(text):
            words = [word.strip("\"'") for word in command.group("rest").split()]
            tags = [tagged(after) for word, after in itertools.pairwise(words) if word in ("-t", "--tag")]
            files = [after for word, after in itertools.pairwise(words) if word in ("-f", "--file")]
            if name in tags and "--target" not in words and not any("$" in word for word in (*files, words[-1])):
                folder = posixpath.normpath(posixpath.join(beside, words[-1]))
                dockerfile = posixpath.join(beside, files[-1]) if files else posixpath.join(folder, "Dockerfile")
                found.add((posixpath.normpath(dockerfile), folder))
    return found.pop() if len(found) == 1 else None


# -- what is run


def _run(exec: Exec, options: Options, command: str, site: Site) -> Launch:
    words = options.rest
    if options.hidden and words and not _is_image(words[0]):
        # The image is among the words that are not known.
        reference = unknown("the image", key=("image", exec.at))
    else:
        reference = words[0].value if words else unknown("the image", key=("image", exec.at))
        words = words[1:]
    image = _image(reference, exec, site)
    container = _container(exec, options, command, reference, image, site)
    entrypoint: tuple[Word, ...] | None = None
    for given in options.given.get("--entrypoint", ()):
        entrypoint = () if given.values[0].string == "" else given.values
    argv = image.argv(words, entrypoint) if words or not options.hidden else ()
    container.command = argv or None
    host = _host(exec, container, command, site)
    site.started[(exec.host.machine, container.name.string or f"#{len(site.started)}")] = host
    environment = Environment(
        {"HOSTNAME": host.name, **dict(image.variables), **container.variables},
        scope=("container", exec.at, exec.host.index, exec.environment.scope),
        closed=container.complete and (image.closed or entrypoint is not None),
        assumed=exec.environment.assumed,
    )
    container.complete &= image.path is not None
    known_folders = (*image.copied, *folders(options, exec))
    inside = options.value("--workdir").or_default(image.directory)
    directory = images.placed(inside, known_folders)
    return _launch(command, exec, options, host, environment, argv, directory, container)


def _is_image(word: Word) -> bool:
    content = word.string
    return content is None or content.rpartition("/")[2] not in ("python", "python3", "bash", "sh", "torchrun")


def _launch(
    command: str,
    exec: Exec,
    options: Options,
    host: Host,
    environment: Environment,
    argv: tuple[Word, ...],
    directory: Value,
    container: Container | None,
) -> Launch:
    child = Child(
        host=host, environment=environment, argv=argv, node=exec.host.index, local=0, at=exec.at, directory=directory
    )
    launch = alone(command, exec, options)
    launch.children = (child,) if argv else ()
    launch.container = container
    return launch


def _container(
    exec: Exec, options: Options, command: str, reference: Value, image: Image, site: Site
) -> Container:
    given, complete = variables(options, exec, site)
    network = options.value("--network")
    return Container(
        at=exec.at,
        kind=command.removeprefix("nvidia-"),
        name=options.value("--name"),
        image=reference,
        directory=options.value("--workdir").or_default(image.directory),
        variables=given,
        complete=complete,
        gpus=gpus(options, exec),
        cpus=options.value("--cpus").as_float(),
        memory=size(options.value("--memory")),
        shared_memory=shared_memory(options, exec),
        host_network=network.mapped("host network", lambda name: name == "host").or_default(known(False)),
        mounts=tuple(mounts(options)),
        devices=devices(options),
        privileged=switch(options, "--privileged"),
        hostname=options.value("--hostname"),
        network=network,
        published=tuple(published(options)),
        options=options,
        outside={name: exec.environment.get(name) for name in exec.environment},
    )


def _host(exec: Exec, container: Container, command: str, site: Site) -> Host:
    outer, options = exec.host, container.options or Options()
    shares = container.host_network.known and container.host_network.constant is True
    named = container.hostname
    if named.is_absent:
        named = outer.name if shares else unknown("the id of the container", key=("container", exec.at, outer.index))
    names: tuple[Value, ...] = outer.names if shares else ()
    network = container.network
    if not shares and network.string is not None and network.string not in DEFAULT_NETWORKS:
        names = (container.name, *options.values("--network-alias"))
    granted = container.gpus
    if granted.is_absent:
        # Another runtime may be the default one, or `nvidia-docker` brings its own.
        granted = unknown("the GPUs of the container", key=("gpus", exec.at, outer.index), low=0, whole=True)
    # Those that go on running in the background stand beside it.
    beside = [
        other
        for (machine, _), other in site.started.items()
        if machine == outer.machine and not other.is_(outer) and _detached(other)
    ]
    return Host(
        index=outer.index if shares else outer.index + len(beside),
        name=named,
        gpus=outer.gpus if command == "nvidia-docker" and container.gpus.is_absent else granted,
        cpus=outer.cpus,
        names=tuple(name for name in names if not name.is_absent),
        allocation=outer.allocation,
        container=container,
        machine=outer.machine if shares else object(),
    )


def _detached(host: Host) -> bool:
    options = host.container.options if host.container is not None else None
    return options is not None and options.has("--detach")


def _inside(exec: Exec, options: Options, command: str, site: Site) -> Launch | None:
    """`docker exec`: a further process in a container that runs already."""
    if not options.rest:
        return None
    name, words = options.rest[0].string, options.rest[1:]
    host = site.started.get((exec.host.machine, name)) if name is not None else None
    given, _ = variables(options, exec, site)
    scope = ("container", exec.at, exec.host.index, exec.environment.scope)
    assumed = exec.environment.assumed
    if host is None or host.container is None:
        host = Host(
            index=exec.host.index,
            name=unknown("the name of the container", key=("container", exec.at, exec.host.index)),
            gpus=unknown("the GPUs of the container", key=("gpus", exec.at), low=0, whole=True),
            cpus=exec.host.cpus,
        )
        environment = Environment(given, scope=scope, closed=False, assumed=assumed)
        directory = unknown("the working directory", key=("directory", exec.at))
    else:
        container = host.container
        environment = Environment({**container.variables, **given}, scope=scope, closed=False, assumed=assumed)
        inside = options.value("--workdir").or_default(container.directory)
        directory = images.placed(inside, tuple(folders(container.options or Options(), exec)))
    return _launch(command, exec, options, host, environment, words, directory, None)
