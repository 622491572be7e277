"""Pod specifications of Kubernetes: containers with what they may use, and the pods that a template makes.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ ; GPUs are extended resources, whose
limit is their request: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dtlint.job.container import DEFAULT_SHARED_MEMORY, SHARED_MEMORY, Container, Mount
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Replicas
from dtlint.run.host import Host
from dtlint.run.word import Word
from dtlint.source import Source
from dtlint.tools.manifests import config_map
from dtlint.tools.manifests.quantity import amount
from dtlint.tools.manifests.words import word
from dtlint.value import How, Step, Value, absent, known, text, unknown
from dtlint.value.value import Fields, Items

GPUS: Final = ("nvidia.com/gpu", "amd.com/gpu", "habana.ai/gaudi", "huawei.com/Ascend910", "google.com/tpu")
"""Resources that a device plug-in counts in whole devices."""
_SHARED: Final = ("persistentVolumeClaim", "nfs", "cephfs", "glusterfs", "configMap", "secret", "csi", "azureFile")
_OWN: Final = ("emptyDir", "hostPath", "ephemeral")


def entries(value: Value) -> Iterator[tuple[str, Value]]:
    """The fields that are seen of a record."""
    if isinstance(value.content, Fields):
        yield from value.content.entries.items()


def listed(value: Value) -> tuple[Value, ...]:
    """The items that are seen of a sequence."""
    return value.content.items if isinstance(value.content, Items) else ()


def whole(value: Value) -> bool:
    """All of it is seen: a complete record or sequence, a constant, or surely nothing."""
    return value.content.complete if isinstance(value.content, Fields | Items) else not value.is_unknown


def replicas(
    role: str, count: Value, template: Value, site: Site, source: Source | None, trainer: str = ""
) -> Replicas:
    """The pods of one template, `count` of them; `trainer` names the container that trains where it is not the first.

    `template` is a pod template, that is a record with `spec`.
    """
    spec = template.field("spec")
    volumes = {str(volume.field("name")): volume for volume in listed(spec.field("volumes"))}
    known_volumes = whole(spec.field("volumes")) and whole(spec)
    annotations = template.field("metadata").field("annotations")
    containers = [
        container(one, spec, annotations, volumes, known_volumes, source, site)
        for one in listed(spec.field("containers"))
    ]
    containers.sort(key=lambda one: one.name.string != trainer)
    selected = spec.field("nodeName").or_default(spec.field("nodeSelector").field("kubernetes.io/hostname"))
    return Replicas(
        role=role,
        count=count,
        at=template.at,
        containers=tuple(containers),
        host_network=spec.field("hostNetwork").or_default(known(False)),
        node=selected,
        hostname=spec.field("hostname"),
        subdomain=spec.field("subdomain"),
        restart=spec.field("restartPolicy"),
        labels=template.field("metadata").field("labels"),
        annotations=annotations,
        spec=spec,
    )


def container(
    record: Value,
    spec: Value,
    annotations: Value,
    volumes: dict[str, Value],
    known_volumes: bool,
    source: Source | None,
    site: Site,
) -> Container:
    taken, all_taken = config_map.variables(record.field("envFrom"), site)
    variables = taken | environment(record.field("env"), source, site)
    limits, requests = (record.field("resources").field(name) for name in ("limits", "requests"))
    mounts = tuple(_mount(one, volumes) for one in listed(record.field("volumeMounts")))
    return Container(
        at=record.at,
        kind="pod",
        name=record.field("name"),
        image=record.field("image"),
        command=_command(record, source, variables),
        directory=record.field("workingDir"),
        variables=variables,
        pod_fields=_pod_fields(record.field("env")),
        complete=all_taken and whole(record.field("env")) and whole(record),
        gpus=_gpus(limits),
        gpus_requested=_gpus(requests),
        cpus=amount(limits.field("cpu").or_default(requests.field("cpu"))),
        memory=amount(limits.field("memory").or_default(requests.field("memory"))),
        shared_memory=_shared_memory(record, spec, annotations, mounts, volumes, known_volumes),
        host_network=spec.field("hostNetwork").or_default(known(False)),
        ports=_ports(record.field("ports")),
        files=config_map.mounted(record.field("volumeMounts"), volumes, site),
        mounts=mounts,
        devices=tuple(
            known(name).after(value.trail) for name, value in entries(limits) if name not in (*GPUS, "cpu", "memory")
        ),
        privileged=record.field("securityContext").field("privileged").or_default(known(False)),
    )


def environment(listed_variables: Value, source: Source | None, site: Site) -> dict[str, Value]:
    """`env` of a container: later entries may use earlier ones, and win over them."""
    variables: dict[str, Value] = {}
    for entry in listed(listed_variables):
        name, value, taken = entry.field("name").string, entry.field("value"), entry.field("valueFrom")
        if name is None:
            continue
        from_map = config_map.key_of(taken.field("configMapKeyRef"), site) if not taken.is_absent else None
        if from_map is not None and from_map.known:
            variables[name] = from_map.as_text()
        elif not taken.is_absent or not entry.trail:
            trail = taken.trail or entry.trail
            variables[name] = unknown(f"${name}", key=("env", entry.trail, name), trail=trail)
        elif value.is_absent:
            variables[name] = known("", *entry.trail)
        else:
            variables[name] = word(value, source, variables).value.after(value.trail)
    return variables


def _pod_fields(listed_variables: Value) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in listed(listed_variables):
        name, path = entry.field("name").string, entry.field("valueFrom").field("fieldRef").field("fieldPath").string
        if name is not None and path is not None:
            found[name] = path.replace('"', "'")
        elif name is not None:
            found.pop(name, None)
    return found


def pods(group: Replicas, names: Sequence[Value], first: Value, workload: object) -> tuple[Host, ...]:
    """Hosts for the representative pods of a group, with their indices among all pods of the workload.

    `names` gives the host names of the pods `corners(group.count)`, in their order; where the series of their names is
    known, they answer to their names in the cluster too.
    """
    trainer = group.trainer
    found = []
    for index, name in zip(corners(group.count), names, strict=True):
        key = (group.at, group.role, index)  # two groups may have one template, by an alias
        limit = trainer.gpus if trainer is not None else absent()
        gpus = limit if not limit.is_absent else unknown("the GPUs of the pod", key=("gpus", key), low=0, whole=True)
        cpus = trainer.cpus if trainer is not None else absent()
        found.append(
            Host(
                index=(first.integer or 0) + index,
                name=name if group.host_network.options == (False,) else _node_name(key),
                gpus=gpus,
                cpus=cpus if not cpus.is_absent else unknown("the CPUs of the pod", key=("cpus", key), low=1),
                names=_further(group, name),
                allocation=workload,
                machine=_machine(group, key),
                container=trainer,
                shared=_shared(trainer),
            )
        )
    return tuple(found)


def _shared(trainer: Container | None) -> tuple[str, ...]:
    """Folders on volumes that all pods of the job mount; all else is a pod's own."""
    mounts = trainer.mounts if trainer is not None else ()
    paths = (mount.path.string for mount in mounts if mount.shared.known and mount.shared.constant is True)
    return tuple(path for path in paths if path is not None)


def _node_name(key: object) -> Value:
    """With the host's network a pod is called like its node, which it may share with others."""
    return unknown("the node's name", key=("node name", key))


def _further(group: Replicas, name: Value) -> tuple[Value, ...]:
    """`pod.subdomain`, and the same with the namespace and with the cluster's zone."""
    for series in group.series:
        string = name.string
        if string is None or series.index(string) is None:
            continue
        first = name if series.own_service or series.domain.is_absent else text((name, ".", series.domain))
        space = series.namespace
        if space.is_absent:
            return (first,)
        local = text((first, ".", space))
        return (first, local, text((local, ".svc")), text((local, ".svc.cluster.local")))
    return ()


def _machine(group: Replicas, key: tuple[object, ...]) -> object:
    """With the host's network, pods that must run on one machine are that machine; others are machines of their own."""
    if group.host_network.known and group.host_network.constant is True and group.node.string is not None:
        return ("node", group.node.string)
    return ("pod", *key)


def described(names: Sequence[str], at: Value) -> list[Value]:
    """Names that an operator gives to pods."""
    return [known(name, Step(How.COMPUTED, f"the operator's name for the pod is {name}", at.at)) for name in names]


def _command(record: Value, source: Source | None, variables: dict[str, Value]) -> tuple[Word, ...] | None:
    """`command` and `args`; None where the image says what is run, or a part is not known."""
    command, arguments = record.field("command"), record.field("args")
    if not isinstance(command.content, Items) or not command.content.complete or not command.content.items:
        return None
    behind = arguments.content.items if isinstance(arguments.content, Items) else ()
    given = (*command.content.items, *behind)
    text = shell_text(given)
    words = [word(one, source, variables, shell=index == text) for index, one in enumerate(given)]
    if not arguments.is_absent and not (isinstance(arguments.content, Items) and arguments.content.complete):
        words.append(Word(word(arguments, source).pieces, arguments.at, str(arguments), (), True))
    return tuple(words)


def shell_text(words: Sequence[Value]) -> int:
    """Index of the word that a shell reads, as in `bash -c TEXT`; -1 where none is."""
    name = (words[0].string or "").rpartition("/")[2]
    for index, one in enumerate(words[1:], 1):
        option = one.string or ""
        if name in ("sh", "bash", "ash", "dash", "zsh") and option[:1] == "-" and option[-1:] == "c":
            return index + 1
        if option[:1] != "-":
            break
    return -1


def _gpus(resources: Value) -> Value:
    """Whole GPUs of a list of resources; absent where it is seen and names none."""
    for name in GPUS:
        found = resources.field(name)
        if not found.is_absent and not found.is_unknown:
            return amount(found)
    for name, value in entries(resources):
        if "gpu" in name.lower() or "mig" in name.lower():
            # Slices, virtual GPUs, another vendor's: how many devices it makes is not known.
            return unknown(f"the devices of {name}", key=("devices", value.at), low=0, whole=True, trail=value.trail)
    return resources.field(GPUS[0])


def _mount(record: Value, volumes: dict[str, Value]) -> Mount:
    name = record.field("name")
    volume = volumes.get(str(name))
    shared = unknown("whether the pods share it", key=("shared", record.at))
    if volume is not None:
        if any(not volume.field(kind).is_absent for kind in _SHARED):
            shared = known(True, *volume.trail)
        elif any(not volume.field(kind).is_absent for kind in _OWN):
            shared = known(False, *volume.trail)
    return Mount(record.field("mountPath"), name, shared)


def _shared_memory(
    record: Value,
    spec: Value,
    annotations: Value,
    mounts: tuple[Mount, ...],
    volumes: dict[str, Value],
    known_volumes: bool,
) -> Value:
    """64 MiB unless a volume is mounted there (or around it), the pod has the IPC of its node, an annotation asks the
    runtime for more (CRI-O's `ShmSize`), or the command itself sees to it (`mount -o remount,size=8G /dev/shm`)."""
    hidden = unknown("the size of /dev/shm", key=("shm", record.at))
    node = spec.field("hostIPC").or_default(known(False))
    if not node.known or node.constant is True:
        return absent(*node.trail) if node.known else hidden
    if not whole(record) or not whole(record.field("volumeMounts")) or not whole(annotations):
        return hidden
    words = [*listed(record.field("command")), *listed(record.field("args"))]
    if any(name.endswith("ShmSize") for name, _ in entries(annotations)) or any(
        one.contains(SHARED_MEMORY).always for one in words
    ):
        return hidden
    for mount in mounts:
        path = mount.path.string
        if path is None:
            return hidden
        if path.rstrip("/") in (SHARED_MEMORY, "/dev"):
            volume = volumes.get(str(mount.volume))
            if volume is None or not known_volumes:
                return hidden
            return (
                amount(volume.field("emptyDir").field("sizeLimit")) if path.rstrip("/") == SHARED_MEMORY else absent()
            )
    return known(DEFAULT_SHARED_MEMORY)


def _ports(record: Value) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for port in listed(record):
        number = port.field("containerPort")
        found[port.field("name").string or str(number)] = number
    return found
