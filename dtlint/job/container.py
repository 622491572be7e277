"""A container: what a manifest, a compose file or `docker run` gives the processes in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dtlint.record import record
from dtlint.run.word import Word
from dtlint.source import Span
from dtlint.tools.options import Options
from dtlint.value import Value, absent, known

DEFAULT_SHARED_MEMORY: Final = 64 * 1024 * 1024
"""Bytes of `/dev/shm` in a container where nothing says otherwise: containerd and Docker both mount 64 MiB."""

SHARED_MEMORY: Final = "/dev/shm"


@record
class Mount:
    """A volume in the container's file system."""

    path: Value
    volume: Value
    """The name of the volume, or the path on the host."""
    shared: Value
    """True where all containers of a job see the same files there, False where each has its own."""


@record
class Published:
    """A port of the container that the host hands on to it."""

    host: Value
    """Absent where the engine picks a free one."""
    container: Value
    interface: str | None = None
    """The address of the host on which alone it listens."""


@dataclass(eq=False, slots=True)
class Container:
    """One container of a pod, one service of a compose file, or one `docker run`.

    A value is absent where surely nothing sets it, and unknown where something that was not read may.
    """

    at: Span
    kind: str
    """pod, compose, docker, podman, nerdctl."""
    name: Value
    image: Value
    command: tuple[Word, ...] | None = None
    """What it runs; None for what the image says by itself."""
    directory: Value = field(default_factory=absent)
    variables: dict[str, Value] = field(default_factory=dict)
    """Environment variables that it is given."""
    pod_fields: dict[str, str] = field(default_factory=dict)
    """Variables that hold a field of the pod (`fieldRef`), with the field's path."""
    complete: bool = True
    """Nothing that was not read (`envFrom`, a template) may set further variables."""
    gpus: Value = field(default_factory=absent)
    gpus_requested: Value = field(default_factory=absent)
    """Kubernetes' request, where it is written beside the limit or instead of it."""
    cpus: Value = field(default_factory=absent)
    """Cores, a float."""
    memory: Value = field(default_factory=absent)
    """Bytes."""
    shared_memory: Value = field(default_factory=lambda: known(DEFAULT_SHARED_MEMORY))
    """Bytes of `/dev/shm`; absent where it is the host's, or as large as memory."""
    host_network: Value = field(default_factory=lambda: known(False))
    """It has the network of its host: ports and names are the host's."""
    ports: dict[str, Value] = field(default_factory=dict)
    """Ports that it names, by their names (the number where it has none)."""
    mounts: tuple[Mount, ...] = ()
    files: dict[str, Word] = field(default_factory=dict)
    """Texts that it finds at these paths: files of ConfigMaps."""
    devices: tuple[Value, ...] = ()
    """Devices of the host that it may use besides GPUs; unknown ones where a template may add some."""
    privileged: Value = field(default_factory=lambda: known(False))
    hostname: Value = field(default_factory=absent)
    network: Value = field(default_factory=absent)
    """The network of its engine that it joins; absent for the one that is there without being made."""
    published: tuple[Published, ...] = ()
    options: Options | None = None
    """Those of `docker run`."""
    outside: Mapping[str, Value] = field(default_factory=dict)
    """What the shell that starts it exports."""
