from dtlint.job.addresses import addresses_of, in_cluster
from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.value import known

PLAIN = ("Pod", "Job", "CronJob", "StatefulSet", "Deployment", "ReplicaSet", "JobSet", "LeaderWorkerSet")
"""Kinds whose pods keep the DNS policy that their template says."""
OPERATORS = ("PyTorchJob", "XGBoostJob", "PaddleJob", "JAXJob")
"""So do these of the training operator (pkg/controller.v1/common/pod.go), which tells all pods the first one's name."""


def check(run: Run):
    if run.put_together:
        return  # what is put together may have a policy
    for workload in run.workloads:
        if workload.kind not in (*PLAIN, *OPERATORS):
            continue
        for group in workload.groups:
            policy = group.spec.field("dnsPolicy")
            if not (policy.is_absent or policy.string == "ClusterFirst") or own_names(group.spec):
                continue
            met = next(((text, host) for text, host in addresses_of(run, group) if in_cluster(run, host)), None)
            if met is None and workload.kind in OPERATORS and (workload.pods > 1).always:
                meeting = workload.launch.rendezvous.address
                met = (meeting, meeting.string) if meeting.string is not None else None
            if met is not None:
                yield Finding(
                    when=group.host_network == known(True),
                    at=near(group.host_network, group),
                    because=(met[0], *([] if policy.is_absent else [policy])),
                    name=known(met[1]),
                )
                break


def own_names(spec):
    """It brings names or name servers of its own."""
    return not spec.field("hostAliases").is_absent or not spec.field("dnsConfig").is_absent
