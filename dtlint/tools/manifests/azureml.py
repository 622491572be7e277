"""Command jobs of Azure Machine Learning (CLI v2): the service starts the command once for each process.

Fields: https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-command and, of the cluster,
https://learn.microsoft.com/azure/machine-learning/reference-yaml-compute-aml ; variables of a `pytorch`
distribution: https://learn.microsoft.com/azure/machine-learning/how-to-train-distributed-gpu#pytorch .
"""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import Final

from dtlint.job.instances import gpus_of
from dtlint.job.launch import Child, Rendezvous
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Replicas, Workload
from dtlint.run.environment import Environment
from dtlint.run.host import Host, unknown_host
from dtlint.run.word import plain
from dtlint.source import Source
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.beside import documents
from dtlint.tools.manifests.pods import entries
from dtlint.tools.manifests.words import word
from dtlint.value import How, Step, Value, absent, known, unknown
from dtlint.value.value import Fields

KINDS: Final[frozenset[str]] = frozenset()
_SCHEMA: Final = "commandJob.schema.json"
_CLUSTER: Final = "amlCompute.schema.json"


def recognises(record: Value) -> bool:
    content = record.content
    if not isinstance(content, Fields) or "command" not in content.entries:
        return False
    return (record.field("$schema").string or "").endswith(_SCHEMA)


def read(record: Value, site: Site, source: Source) -> Workload | None:
    command, distribution = record.field("command"), record.field("distribution")
    nodes = _count(record.field("resources").field("instance_count"), "instance_count", command)
    each = _count(distribution.field("process_count_per_instance"), "process_count_per_instance", command)
    said = distribution.field("type")
    kind = (said.string or "").lower()
    group = Replicas(role="instance", count=nodes, at=command.at, containers=(), spec=record)
    workload = Workload("AzureML", record.field("name"), command.at, record, (group,), slots=each)
    machine = record.field("resources").field("instance_type")
    if machine.is_absent:
        machine = _of_cluster(record.field("compute"), site, source)
    group.hosts = tuple(_host(index, command, machine, site) for index in corners(nodes))
    address, port = (unknown(f"${name}", key=("azure", name, command.at)) for name in ("MASTER_ADDR", "MASTER_PORT"))
    meeting = Rendezvous("env", address, port, absent())
    launched = operator.launch(workload, nodes, meeting, ranks=kind in ("pytorch", "mpi"), joins=True)
    if kind in ("pytorch", "mpi"):
        launched.per_node, launched.total = each, nodes * each
        launched.one_gpu_each = kind == "pytorch"
        if group.hosts:
            launched.exec = replace(launched.exec, host=group.hosts[0])
    else:
        each = known(1)
    here = Step(How.ENVIRONMENT, "set by Azure Machine Learning for its processes", command.at)
    for host in group.hosts:
        for local in corners(each, presumed=2):
            rank = launched.per_node * host.index + local
            given: dict[str, Value] = {}
            if kind == "pytorch":
                given = {
                    "RANK": rank, "LOCAL_RANK": known(local), "NODE_RANK": known(host.index),
                    "WORLD_SIZE": launched.total, "MASTER_ADDR": address, "MASTER_PORT": port,
                }  # fmt: skip
            elif kind == "mpi":
                given = {
                    "OMPI_COMM_WORLD_RANK": rank, "OMPI_COMM_WORLD_LOCAL_RANK": known(local),
                    "OMPI_COMM_WORLD_SIZE": launched.total, "OMPI_COMM_WORLD_LOCAL_SIZE": each,
                }  # fmt: skip
            own = {name: value.as_text() for name, value in entries(record.field("environment_variables"))}
            variables = {**own, **{name: value.after((here,)).as_text() for name, value in given.items()}}
            # The images of the service set variables of their own, but none of a launcher's.
            scope = ("azure", command.at, host.index, local)
            environment = Environment(variables, scope=scope, assumed=site.assumed)
            launched.children += (
                Child(
                    host=host,
                    environment=environment if said.is_absent or kind else environment.opened(),
                    argv=(plain("bash", command.at), plain("-c", command.at), word(command, source, shell=True)),
                    node=host.index,
                    local=local,
                    at=command.at,
                    directory=_directory(record.field("code"), source.path),
                    rank=rank if launched.ranks else absent(),
                ),
            )
    workload.launch = launched
    return workload


def _count(value: Value, name: str, command: Value) -> Value:
    return value.as_int().or_default(known(1, Step(How.DEFAULT, f"{name} is 1 where it is not given", command.at)))


def _of_cluster(compute: Value, site: Site, source: Source) -> Value:
    """The machines of the cluster on which the job runs, where it is described in the same folder."""
    name = (compute.string or "").removeprefix("azureml:")
    described = [
        one
        for path in site.files.listing(posixpath.dirname(source.path))
        if name and path.endswith((".yaml", ".yml")) and path != source.path
        for one in documents(path, site.files)
        if (one.field("$schema").string or "").endswith(_CLUSTER) and one.field("name").string == name
    ]
    return described[0].field("size") if len(described) == 1 else absent()


def _host(index: int, command: Value, machine: Value, site: Site) -> Host:
    host = unknown_host(index, ("azure", command.at))
    count = gpus_of(machine.string)
    if not site.cluster.gpus_per_node.is_absent:
        host.gpus = site.cluster.gpus_per_node
    elif count is not None:
        host.gpus = known(count).after(machine.trail)
    host.shared = ()  # outputs are mounted where the service says
    return host


def _directory(code: Value, path: str) -> Value:
    """The folder `code` is uploaded, and is where the command runs."""
    folder = code.string
    if folder is None or ":" in folder:
        return unknown("the working directory", key=("code", code.trail, path))
    return known(posixpath.normpath(posixpath.join(posixpath.dirname(path), folder)), *code.trail)
