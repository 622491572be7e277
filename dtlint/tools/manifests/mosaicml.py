"""Runs of the MosaicML platform (`mcli run -f`): the command is started on each node.

Fields: https://docs.mosaicml.com/projects/mcli/en/latest/training/yaml_schema.html and
https://docs.mosaicml.com/projects/mcli/en/latest/quick_start/managing_clusters.html ("typically there are 8 GPUs per
node").  Which variables a node finds is not documented field by field: all others are unknown.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.launch import Child
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Replicas, Workload
from dtlint.run.environment import Environment
from dtlint.run.host import Host
from dtlint.run.word import plain
from dtlint.source import Source
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.pods import entries, listed
from dtlint.tools.manifests.words import word
from dtlint.value import How, Step, Value, known, unknown
from dtlint.value.value import Fields

KINDS: Final[frozenset[str]] = frozenset()
_ONE_NODE: Final = 8
"""As many GPUs fit on one node."""


def recognises(record: Value) -> bool:
    """A run has an image, a command and `compute` with GPUs or nodes."""
    content = record.content
    if not isinstance(content, Fields) or "apiVersion" in content.entries or "image" not in content.entries:
        return False
    compute, command = record.field("compute").content, content.entries.get("command")
    text = command is not None and (command.string is not None or command.is_unknown)
    return text and isinstance(compute, Fields) and bool({"gpus", "nodes"} & compute.entries.keys())


def read(record: Value, site: Site, source: Source) -> Workload | None:
    command, compute = record.field("command"), record.field("compute")
    asked = compute.field("gpus").as_int()
    nodes = _nodes(compute.field("nodes").as_int(), asked, command)
    group = Replicas(role="node", count=nodes, at=command.at, containers=(), spec=record)
    workload = Workload("MosaicML", record.field("name"), command.at, record, (group,))
    gpus = asked if nodes.integer == 1 and not asked.is_absent else _hidden("GPUs of a node", command, 0)
    group.hosts = tuple(_host(index, gpus, command) for index in corners(nodes))
    launched = operator.launch(workload, nodes)
    own = {name: value.as_text() for name, value in _variables(record)}
    for host in group.hosts:
        environment = Environment(own, scope=("mosaicml", command.at, host.index), assumed=site.assumed)
        child = Child(
            host=host,
            environment=environment.opened(),
            argv=(plain("bash", command.at), plain("-c", command.at), word(command, source, shell=True)),
            node=host.index,
            local=0,
            at=command.at,
            directory=unknown("the working directory", key=("mosaicml", command.at)),
        )
        launched.children += (child,)
    workload.launch = launched
    return workload


def _nodes(said: Value, gpus: Value, command: Value) -> Value:
    if not said.is_absent:
        return said
    if gpus.integer is not None and gpus.integer <= _ONE_NODE:
        return known(1, Step(How.DEFAULT, f"{gpus.integer} GPUs fit on one node", command.at))
    return _hidden("nodes", command, 1)


def _hidden(what: str, command: Value, low: int) -> Value:
    return unknown(f"the {what}", key=("mosaicml", what, command.at), low=low, whole=True)


def _host(index: int, gpus: Value, command: Value) -> Host:
    return Host(
        index=index,
        name=unknown(f"the name of node {index}", key=("mosaic node", command.at, index), family=("node", command.at)),
        gpus=gpus,
        cpus=_hidden("CPUs of a node", command, 1),
        shared=(),
        machine=("mosaicml", command.at, index),
    )


def _variables(record: Value) -> list[tuple[str, Value]]:
    """A mapping, or a list of `key` and `value` as in older files."""
    given = record.field("env_variables")
    found = list(entries(given))
    for item in listed(given):
        name = item.field("key").string
        if name is not None:
            found.append((name, item.field("value")))
    return found
