"""Custom jobs of Vertex AI (`gcloud ai custom-jobs create --config`): each replica of a pool runs the pool's container.

Fields: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/CustomJobSpec (gcloud takes snake_case too).
The first pool is the one replica that leads, the second the workers:
https://cloud.google.com/vertex-ai/docs/training/distributed-training#configure_a_distributed_training_job .  The images
of Google set variables of their own for TensorFlow and PyTorch: those that are not given here are unknown.
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
from dtlint.run.word import Word
from dtlint.source import Source
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.pods import listed
from dtlint.tools.manifests.words import word
from dtlint.value import How, Step, Value, known, unknown
from dtlint.value.value import Fields, Items

KINDS: Final[frozenset[str]] = frozenset()
_ROLES: Final = ("chief", "worker", "parameter server", "evaluator")


def _field(record: Value, name: str) -> Value:
    """A field in camelCase or in snake_case."""
    other = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return record.field(name).or_default(record.field(other))


def recognises(record: Value) -> bool:
    return isinstance(record.content, Fields) and isinstance(_field(record, "workerPoolSpecs").content, Items)


def read(record: Value, site: Site, source: Source) -> Workload | None:
    pools = [pool for pool in listed(_field(record, "workerPoolSpecs")) if isinstance(pool.content, Fields)]
    first, groups, commands = known(0), [], {}
    for pool, role in zip(pools, _ROLES, strict=False):
        count = _field(pool, "replicaCount").as_int()
        count = count.or_default(known(1, Step(How.DEFAULT, "replicaCount is 1 where it is not given", pool.at)))
        group = Replicas(role=role, count=count, at=pool.at, containers=(), spec=pool, first=first)
        if first.integer is None:
            return None
        group.hosts = tuple(_host(first.integer + index, pool, site) for index in corners(count))
        commands[role] = _command(pool, source)
        first = first + count
        groups.append(group)
    if not groups:
        return None
    workload = Workload("Vertex AI", _field(record, "displayName"), groups[0].at, record, tuple(groups))
    launched = operator.launch(workload, first)
    for group in groups:
        for host in group.hosts if commands[group.role] else ():
            launched.children += (_child(host, group, commands[group.role], site),)
    workload.launch = launched
    return workload


def _command(pool: Value, source: Source) -> tuple[Word, ...]:
    """Entry point and arguments; nothing where the image says what is run."""
    container = _field(pool, "containerSpec")
    command, arguments = listed(container.field("command")), listed(container.field("args"))
    return tuple(word(one, source) for one in (*command, *arguments)) if command else ()


def _child(host: Host, group: Replicas, command: tuple[Word, ...], site: Site) -> Child:
    given = listed(_field(group.spec, "containerSpec").field("env"))
    named = {name: one.field("value").as_text() for one in given if (name := one.field("name").string) is not None}
    environment = Environment(named, scope=("vertex", group.at, host.index), assumed=site.assumed)
    return Child(
        host=host,
        environment=environment.opened(),
        argv=command,
        node=host.index,
        local=0,
        at=command[0].at,
        directory=unknown("the working directory", key=("vertex", group.at)),
    )


def _host(index: int, pool: Value, site: Site) -> Host:
    key = ("vertex", pool.at)
    return Host(
        index=index,
        name=unknown(f"the name of replica {index}", key=(*key, "name", index), family=("vertex name", pool.at)),
        gpus=_gpus(pool, site),
        cpus=unknown("the CPUs of the machine", key=(*key, "CPUs"), low=1, whole=True),
        shared=(),
        machine=(*key, index),
    )


def _gpus(pool: Value, site: Site) -> Value:
    machine = _field(pool, "machineSpec")
    asked, kind = _field(machine, "acceleratorCount").as_int(), _field(machine, "machineType")
    if not site.cluster.gpus_per_node.is_absent:
        return site.cluster.gpus_per_node
    if not asked.is_absent:
        return asked
    count = gpus_of(kind.string)
    if count is not None:
        return known(count).after(kind.trail)
    return unknown("the GPUs of the machine", key=("vertex GPUs", pool.at), low=0, whole=True)
