from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE, Fields, absent

OFF = {
    "sidecar.istio.io/inject": ("false",),
    "linkerd.io/inject": ("disabled",),
    "consul.hashicorp.com/connect-inject": ("false",),
}
OF_THEIR_TEMPLATES = frozenset(
    ("Job", "CronJob", "Deployment", "StatefulSet", "ReplicaSet", "PyTorchJob", "TFJob", "XGBoostJob", "PaddleJob",
     "JAXJob", "MPIJob", "JobSet", "RayCluster", "RayJob")
)  # fmt: skip
"""Kinds whose pods have the annotations of their templates, and none of the object's own."""


def check(run: Run):
    for workload in run.workloads:
        if workload.kind in OF_THEIR_TEMPLATES:
            yield from misplaced(workload, policy(run, workload))


def misplaced(workload, injection):
    metadata = workload.record.field("metadata")
    for name, words in OFF.items():
        given = [metadata.field(place).field(name) for place in ("annotations", "labels")]
        off = next((value for value in given if str(value).lower() in words and value.trail), None)
        left = [group for group in workload.groups if lacks(group, name)]
        if off is not None and left and injection.string != "disabled":
            because = [("the template of these pods", group.at) for group in left]
            if injection.trail:
                because.append(("the namespace injects", injection))
            yield Finding(when=TRUE, at=off, because=because, name=name, kind=workload.kind)


def policy(run, workload):
    """What the namespace says of injection, where its document stands beside the job."""
    for one in run.documents:
        if one.field("kind").string == "Namespace" and (one.get("metadata.name") == workload.namespace).always:
            given = one.get("metadata.labels")
            return given.field("istio-injection").or_default(given.field("istio.io/rev"))
    return absent()


def lacks(group, name):
    """The template surely says nothing of it."""
    seen = all(value.is_absent or (isinstance(value.content, Fields) and value.content.complete)
               for value in (group.labels, group.annotations))  # fmt: skip
    return seen and all(value.field(name).is_absent for value in (group.labels, group.annotations))
