from dtlint.job.instances import gpus_of
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import known

LABELS = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")


def check(run: Run):
    for group in (group for workload in run.workloads for group in workload.groups):
        for label in LABELS:
            kind = group.spec.field("nodeSelector").field(label)
            count = gpus_of(kind.string)
            if count is not None and group.trainer is not None:
                asked = group.trainer.gpus
                yield Finding(
                    when=asked > known(count),
                    at=asked,
                    because=(("on machines of this type", kind),),
                    asked=asked,
                    kind=kind.string,
                    count=count,
                )
