"""XGBoostJob, PaddleJob and JAXJob of Kubeflow's training operator, which number their pods.

By release 1.9: pkg/controller.v1/{xgboost/xgboost,paddlepaddle/envvar,jax/envvar}.go and
pkg/apis/kubeflow.org/v1/{xgboost,paddlepaddle,jax}_types.go of https://github.com/kubeflow/training-operator .
"""

from __future__ import annotations

from typing import Final

from dtlint.job.launch import Rendezvous
from dtlint.job.site import Site
from dtlint.job.workload import Workload
from dtlint.source import Source
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.replicated import address, port, workload_of
from dtlint.value import Value, absent, known, text

KINDS: Final = frozenset({"kubeflow.org/XGBoostJob", "kubeflow.org/PaddleJob", "kubeflow.org/JAXJob"})
SPECS: Final = {
    "XGBoostJob": ("xgbReplicaSpecs", "xgboost", "xgboostjob-port", 9999),
    "PaddleJob": ("paddleReplicaSpecs", "paddle", "master", 36543),
    "JAXJob": ("jaxReplicaSpecs", "jax", "jaxjob-port", 6666),
}
"""The field of the replica types, the container that trains, the name of its port and the port by default."""


def read(record: Value, site: Site, source: Source) -> Workload | None:
    kind = record.field("kind").string or ""
    field, trainer, port_name, default = SPECS[kind]
    workload = workload_of(record, field, trainer, site, source)
    if workload is None:
        return None
    first = workload.group("Master") or workload.group("Worker")
    meeting, number = address(first), port(first, port_name, default)
    ranks = kind == "XGBoostJob"
    workload.meeting = workload.pods
    workload.launch = launched = operator.launch(
        workload, workload.pods, Rendezvous("env", meeting, number, absent()), ranks=ranks, joins=True
    )
    children = []
    for group in workload.groups:
        for host in group.hosts:
            rank = known(host.index)
            given: dict[str, Value] = {}
            if ranks:
                given = {"MASTER_ADDR": meeting, "MASTER_PORT": number, "WORLD_SIZE": workload.pods, "RANK": rank}
            elif kind == "JAXJob":
                given = {"COORDINATOR_ADDRESS": meeting, "COORDINATOR_PORT": number, "NUM_PROCESSES": workload.pods}
                given["PROCESS_ID"] = rank
            else:
                given = {"PADDLE_MASTER": text((meeting, ":", number)), "PADDLE_NNODES": workload.pods}
            given["PYTHONUNBUFFERED"] = known("1")
            children.append(operator.child(launched, group, host, given, site, rank if ranks else None))
    operator.start(launched, children)
    return workload
