"""TFJob of Kubeflow's training operator, which gives each pod TF_CONFIG.

By release 1.9 of https://github.com/kubeflow/training-operator : pkg/controller.v1/tensorflow/tensorflow.go, and
`SetClusterSpec` of tfjob_controller.go there (a job of one replica finds no TF_CONFIG).
"""

from __future__ import annotations

from typing import Final

from dtlint.job.site import Site
from dtlint.job.workload import Workload
from dtlint.source import Source
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.replicated import port, workload_of
from dtlint.tools.manifests.tf_config import tf_config
from dtlint.value import Value

KINDS: Final = frozenset({"kubeflow.org/TFJob"})


def read(record: Value, site: Site, source: Source) -> Workload | None:
    workload = workload_of(record, "tfReplicaSpecs", "tensorflow", site, source)
    if workload is None:
        return None
    dynamic = record.field("spec").field("enableDynamicWorker")
    tasks = {group.role.lower(): (group, port(group, "tfjob-port", 2222)) for group in workload.groups}
    workload.launch = launched = operator.launch(workload, workload.pods)
    children = []
    for group in workload.groups:
        for place, host in enumerate(group.hosts):
            given: dict[str, Value] = {}
            if not (workload.pods == 1).always and (dynamic.is_absent or dynamic.options == (False,)):
                index = host.index - (group.first.integer or 0) if group.first.integer is not None else place
                given["TF_CONFIG"] = tf_config(tasks, group.role.lower(), index)
            children.append(operator.child(launched, group, host, given, site))
    operator.start(launched, children)
    return workload
