from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.saving import happens
from dtlint.run.script.objects import Instance


def check(plan: Plan):
    process = plan.process
    if plan.source != "deepspeed" or not plan.direct or process is None or process.run is None:
        return
    device = plan.record.get("zero_optimization.offload_optimizer.device")
    wanted = plan.record.field("zero_force_ds_cpu_optimizer")
    offloaded = device.one_of("cpu", "nvme") & (plan.zero_stage >= 1)
    for event in process.run.called("deepspeed.initialize"):
        optimizer = event.thing("optimizer")
        if not isinstance(optimizer, Instance) or not str(optimizer.cls).startswith("torch.optim."):
            continue
        yield Finding(
            when=offloaded & (wanted.absent | (wanted == True)) & happens(event),  # noqa: E712
            at=optimizer.made_by or event,
            because=(device, ("handed to DeepSpeed", event)),
            optimizer=str(optimizer.cls),
            device=device,
        )
