from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    device, process = plan.engine_device, plan.process
    if device.is_absent or process is None:
        return
    gpus = process.visible_gpus
    yield Finding(
        when=(device >= gpus) & (gpus > 1),
        at=process.launch or process,
        because=(device, gpus),
        device=device,
        gpus=gpus,
    )
