"""LeaderWorkerSet: groups of one leader pod and its workers.

Names and variables by release 0.9: `AddLWSVariables` of pkg/utils/pod/pod_utils.go and pkg/webhooks/pod_webhook.go of
https://github.com/kubernetes-sigs/lws : leaders are `<name>-<group>`, workers `<name>-<group>-<index>` from 1, all in
the subdomain of the set's name; `size` counts the leader (1 without it).
"""

from __future__ import annotations

from typing import Final

from dtlint.job.naming import Series
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Workload
from dtlint.source import Source
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.pods import described, pods, replicas
from dtlint.value import Value, known, text, unknown

KINDS: Final = frozenset({"leaderworkerset.x-k8s.io/LeaderWorkerSet"})


def read(record: Value, site: Site, source: Source) -> Workload | None:
    """The first group; the others are the same."""
    spec, metadata = record.field("spec"), record.field("metadata")
    name, template = metadata.field("name"), spec.field("leaderWorkerTemplate")
    size = template.field("size").as_int().or_default(known(1))
    workers_template = template.field("workerTemplate")
    leader_template = template.field("leaderTemplate").or_default(workers_template)
    if workers_template.is_absent or not workers_template.trail or not leader_template.trail:
        return None
    leader = replicas("leader", known(1), leader_template, site, source)
    workers = replicas("worker", size - 1, workers_template, site, source)
    workload = Workload("LeaderWorkerSet", name, record.field("kind").at, record, (leader, workers))
    workload.namespace = metadata.field("namespace")
    workers.first = known(1)
    shared = spec.field("networkConfig").field("subdomainPolicy").string != "UniquePerReplica"
    if name.string is not None and shared:
        workload.names = (name,)
        sets = spec.field("replicas").as_int().or_default(known(1))
        leader.series = (Series(f"{name.string}-", sets, name, workload.namespace),)
        workers.series = (Series(f"{name.string}-0-", size, name, workload.namespace),)
    for group, first, form in ((leader, 0, "{name}-0"), (workers, 1, "{name}-0-{index}")):
        names = [
            described([form.format(name=name.string, index=first + index)], name)[0]
            if name.string is not None
            else unknown("the pod's name", key=("pod name", group.at, index), family=("pod name", group.at))
            for index in corners(group.count)
        ]
        group.hosts = pods(group, names, known(first), workload)
    launched = operator.launch(workload, size, joins=True)
    workload.launch = launched
    space = workload.namespace.or_default(unknown("the namespace", key=("namespace", workload.at)))
    address = text((name, "-0.", name, ".", space))
    children = []
    for group in workload.groups:
        for host in group.hosts:
            given = {"LWS_LEADER_ADDRESS": address, "LWS_GROUP_SIZE": size, "LWS_WORKER_INDEX": known(host.index)}
            children.append(operator.child(launched, group, host, given, site))
    operator.start(launched, children)
    return workload
