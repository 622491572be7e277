"""TrainJob of Kubeflow Trainer, with the runtime that it names where that stands beside it.

By https://github.com/kubeflow/trainer (pkg/runtime/framework/plugins/torch/torch.go and
manifests/base/runtimes/torch_distributed.yaml of release 2.0): the pods of the torch runtime are
`<job>-node-0-<index>` in the subdomain of the job's name, and find torchrun's options in PET_* variables; `numNodes` of
the job wins over the runtime's, and is 1 where neither says it.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.launch import Rendezvous
from dtlint.job.naming import Series
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Workload
from dtlint.source import Source
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.beside import called
from dtlint.tools.manifests.pods import described, listed, pods, replicas
from dtlint.value import How, Step, Value, absent, fields, items, known, text, unknown

KINDS: Final = frozenset({"trainer.kubeflow.org/TrainJob", "kubeflow.org/TrainJob"})
RUNTIMES: Final = ("ClusterTrainingRuntime", "TrainingRuntime")
NODES: Final = ("node", "trainer-node")
"""The replicated job that trains, as releases call it."""
PORT: Final = 29500


def read(record: Value, site: Site, source: Source) -> Workload | None:
    spec, name = record.field("spec"), record.field("metadata").field("name")
    trainer = spec.field("trainer")
    if not trainer.trail or trainer.is_absent:
        return None
    runtime = _runtime(spec.field("runtimeRef"), site)
    policy = runtime.field("spec").field("mlPolicy") if runtime is not None else absent()
    torch = policy.field("torch") if runtime is not None else known(None)
    built_in = spec.field("runtimeRef").field("name").string == "torch-distributed"
    if not built_in and (runtime is None or torch.is_absent):
        return None
    default = known(1, Step(How.DEFAULT, "numNodes defaults to 1", trainer.at))
    nodes = trainer.field("numNodes").as_int().or_default(policy.field("numNodes").as_int()).or_default(default)
    per_node = trainer.field("numProcPerNode").or_default(
        torch.field("numProcPerNode") if runtime is not None else absent()
    )
    group = replicas("node", nodes, _template(trainer, runtime), site, source)
    workload = Workload("TrainJob", name, record.field("kind").at, record, (group,))
    workload.namespace = record.field("metadata").field("namespace")
    workload.slots, workload.meeting, workload.names = per_node, nodes, (name,)
    address = absent()
    if name.string is not None:
        group.series = (Series(f"{name.string}-node-0-", nodes, name, workload.namespace),)
        address = text((f"{name.string}-node-0-0.", name))
        names = described([f"{name.string}-node-0-{index}" for index in corners(nodes)], name)
    else:
        names = [unknown("the pod's name", key=("pod name", group.at, index)) for index in corners(nodes)]
        address = unknown("the address of the first pod", key=("master", workload.at))
    group.hosts = pods(group, names, known(0), workload)
    workload.launch = launched = operator.launch(
        workload, nodes, Rendezvous("env", address, known(PORT), absent()), joins=True
    )
    children = []
    for host in group.hosts:
        given = {
            "PET_NNODES": nodes,
            "PET_NPROC_PER_NODE": per_node.or_default(known("auto")),
            "PET_NODE_RANK": known(host.index),
            "PET_MASTER_ADDR": address,
            "PET_MASTER_PORT": known(PORT),
            "JOB_COMPLETION_INDEX": known(host.index),
        }
        children.append(operator.child(launched, group, host, given, site))
    operator.start(launched, children)
    return workload


def _runtime(reference: Value, site: Site) -> Value | None:
    for kind in RUNTIMES:
        found = called(site.documents, kind, reference.field("name"))
        if found is not None and reference.field("kind").or_default(known(RUNTIMES[0])).string == kind:
            return found
    return None


def _template(trainer: Value, runtime: Value | None) -> Value:
    """A pod template of the runtime's, in which the job's command, arguments and resources win."""
    inside = absent()
    for job in listed(runtime.get("spec.template.spec.replicatedJobs")) if runtime is not None else ():
        if job.field("name").string in NODES:
            inside = job.get("template.spec.template.spec")
    container = next(iter(listed(inside.field("containers"))), absent())
    complete = not container.is_absent
    given = {
        "name": container.field("name").or_default(known("node")),
        "image": trainer.field("image").or_default(container.field("image")),
        "command": trainer.field("command").or_default(container.field("command")),
        "args": trainer.field("args").or_default(container.field("args")),
        "env": items((*listed(container.field("env")), *listed(trainer.field("env"))), complete, trainer.trail),
        "resources": trainer.field("resourcesPerNode").or_default(container.field("resources")),
        "volumeMounts": container.field("volumeMounts"),
    }
    filled = fields({key: one for key, one in given.items() if not one.is_absent}, complete, trainer.trail)
    spec = {"containers": items((filled,), True, trainer.trail), "volumes": inside.field("volumes")}
    return fields({"spec": fields(spec, complete, trainer.trail)}, complete, trainer.trail)
