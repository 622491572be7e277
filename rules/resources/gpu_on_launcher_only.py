from dtlint.job.workload import Workload
from dtlint.rule import Finding, near


def check(workload: Workload):
    launcher, workers = workload.group("Launcher"), workload.group("Worker")
    if launcher is None or workers is None or not workers.waits or None in (launcher.trainer, workers.trainer):
        return
    claims = workers.spec.field("resourceClaims")
    seen = [one for one in workers.containers if not one.gpus.is_absent or not one.gpus_requested.is_absent]
    if seen or workload.starter_works or not claims.is_absent or "NVIDIA_VISIBLE_DEVICES" in workers.trainer.variables:
        return
    gpus = launcher.trainer.gpus
    yield Finding(
        when=(gpus > 0) & (workers.count > 0),
        at=near(gpus, workload),
        because=(("the workers stand here", workers),),
        gpus=gpus,
        workers=workers.count,
    )
