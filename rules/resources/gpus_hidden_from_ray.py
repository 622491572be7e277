from dtlint.job.workload import Replicas
from dtlint.rule import Finding, near


def check(group: Replicas):
    if group.offered.is_absent or group.trainer is None or group.role == "head":
        return
    gpus = group.trainer.gpus
    yield Finding(
        when=(gpus > 0) & (group.offered == 0) & (group.count > 0),
        at=near(group.offered, group),
        because=(gpus,),
        told=group.offered,
        gpus=gpus,
        group=group.role,
    )
