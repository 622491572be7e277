"""SkyPilot tasks: `run` is started on each of `num_nodes` machines.

Fields and variables: https://docs.skypilot.co/en/stable/reference/yaml-spec.html,
https://docs.skypilot.co/en/stable/running-jobs/distributed-jobs.html and
https://docs.skypilot.co/en/stable/running-jobs/environment-variables.html .
"""

from __future__ import annotations

from typing import Final

from dtlint.job.instances import gpus_of
from dtlint.job.launch import Child
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Replicas, Workload
from dtlint.run.environment import Environment
from dtlint.run.host import Host
from dtlint.run.word import plain
from dtlint.source import Source
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.pods import entries
from dtlint.tools.manifests.words import word
from dtlint.value import How, Step, Value, known, unknown
from dtlint.value.value import Fields, Items

KINDS: Final[frozenset[str]] = frozenset()
_FIELDS: Final = frozenset(("resources", "num_nodes", "setup", "file_mounts", "workdir", "envs"))


def recognises(record: Value) -> bool:
    """A task has `run` as text, and fields that only SkyPilot has."""
    content = record.content
    if not isinstance(content, Fields) or "apiVersion" in content.entries:
        return False
    run = content.entries.get("run")
    text = run is not None and (run.string is not None or run.is_unknown)
    return text and len(_FIELDS & content.entries.keys()) > 1 and isinstance(record.field("resources").content, Fields)


def read(record: Value, site: Site, source: Source) -> Workload | None:
    run = record.field("run")
    one = known(1, Step(How.DEFAULT, "num_nodes is 1 where it is not given", run.at))
    nodes = record.field("num_nodes").as_int().or_default(one)
    gpus = _gpus(record.field("resources"))
    group = Replicas(role="node", count=nodes, at=run.at, containers=(), spec=record)
    workload = Workload("SkyPilot", record.field("name"), run.at, record, (group,))
    shared = _mounted(record.field("file_mounts"))
    if not record.field("setup").is_absent:
        workload.setup = word(record.field("setup"), source, shell=True)
    group.hosts = tuple(_host(index, gpus, run, shared) for index in corners(nodes))
    launched = operator.launch(workload, nodes)
    addresses = unknown("$SKYPILOT_NODE_IPS", key=("sky addresses", run.at))
    variables = {name: _variable(name, value) for name, value in entries(record.field("envs"))}
    for host in group.hosts:
        given = {
            **variables,
            "SKYPILOT_NODE_RANK": known(str(host.index)),
            "SKYPILOT_NODE_IPS": addresses,
            "SKYPILOT_NUM_NODES": nodes.as_text(),
            "SKYPILOT_NUM_GPUS_PER_NODE": gpus.as_text(),
        }
        here = Step(How.ENVIRONMENT, "set by SkyPilot on each node", run.at)
        given = {name: value if name in variables else value.after((here,)) for name, value in given.items()}
        child = Child(
            host=host,
            environment=Environment(given, scope=("sky", run.at, host.index), assumed=site.assumed),
            argv=(plain("bash", run.at), plain("-c", run.at), word(run, source, shell=True)),
            node=host.index,
            local=0,
            at=run.at,
            directory=known("."),
        )
        launched.children += (child,)
    workload.launch = launched
    return workload


def _mounted(file_mounts: Value) -> tuple[str, ...]:
    """Buckets that all nodes have mounted; what is copied is each node's own."""
    modes = ((folder, mount.field("mode").string) for folder, mount in entries(file_mounts))
    return tuple(folder for folder, mode in modes if mode in ("MOUNT", "MOUNT_CACHED"))


def _host(index: int, gpus: Value, run: Value, shared: tuple[str, ...]) -> Host:
    return Host(
        index=index,
        name=unknown(f"the address of node {index}", key=("sky node", run.at, index), family=("sky node", run.at)),
        gpus=gpus,
        cpus=unknown("the CPUs of the node", key=("sky CPUs", run.at), low=1, whole=True),
        shared=shared,
        machine=("sky", run.at, index),
    )


def _variable(name: str, value: Value) -> Value:
    """A default that `--env` overrides; nothing stands for "must be given"."""
    if value.known and value.constant in (None, ""):
        return unknown(f"${name}", key=("sky env", value.at, name), trail=value.trail)
    return value.as_text()


def _gpus(resources: Value) -> Value:
    """What is asked for, or else what machines of the type have that is asked for."""
    accelerators, kind = resources.field("accelerators"), resources.field("instance_type")
    count = gpus_of(kind.string)
    if accelerators.is_absent and count is not None:
        return known(count).after(kind.trail)
    return _accelerators(accelerators)


def _accelerators(accelerators: Value) -> Value:
    """`A100:8`, `A100`, `{A100: 8}`; any of several where a list or a set leaves the choice to SkyPilot."""
    hidden = unknown("the GPUs of the node", key=("accelerators", accelerators.trail), low=0, whole=True)
    if accelerators.is_absent:
        return hidden
    text = accelerators.string
    if text is not None:
        _, colon, number = text.partition(":")
        return known(number).as_int().after(accelerators.trail) if colon else known(1, *accelerators.trail)
    content = accelerators.content
    if isinstance(content, Fields) and len(content.entries) == 1 and content.complete:
        count = next(iter(content.entries.values()))
        return known(1, *accelerators.trail) if count.known and count.constant is None else count.as_int()
    if isinstance(content, Items) and content.complete:
        counts = [_accelerators(item) for item in content.items]
        if counts and all(one.integer is not None and one.integer == counts[0].integer for one in counts):
            return counts[0]
    return hidden.after(accelerators.trail)
