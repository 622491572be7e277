from dtlint.job.instances import gpus_of
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import known

LABELS = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")


def check(run: Run):
    for group in (group for workload in run.workloads for group in workload.groups):
        for kind, asked in requests(group):
            count = gpus_of(kind.string)
            if count is not None:
                yield Finding(
                    when=asked > known(count),
                    at=asked,
                    because=(("on machines of this type", kind),),
                    asked=asked,
                    kind=kind.string,
                    count=count,
                )


def requests(group):
    """Machine types, and the GPUs that are asked of each machine."""
    if group.trainer is not None:
        selector = group.spec.field("nodeSelector")
        yield from ((selector.field(label), group.trainer.gpus) for label in LABELS)
    for machine, kind, count in (
        ("machineSpec", "machineType", "acceleratorCount"),
        ("machine_spec", "machine_type", "accelerator_count"),
    ):
        asked = group.spec.field(machine)
        yield asked.field(kind), asked.field(count).as_int()
