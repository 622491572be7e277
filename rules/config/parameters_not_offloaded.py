from dtlint.job.plan import Plan
from dtlint.rule import Finding, near
from dtlint.value import known


def check(plan: Plan):
    if plan.source not in ("deepspeed", "accelerate", "lightning") or compiled(plan) or partitioned_by_script(plan):
        return
    zero = plan.record.field("zero_optimization")
    stage = zero.field("stage")
    # DeepSpeed's own default; accelerate and Lightning have others.
    if stage.is_absent and plan.source == "deepspeed" and zero.known:
        stage = known(0)
    below = stage.one_of(0, 1, 2)
    section = zero.field("offload_param").field("device")
    yield finding(zero, section, section.one_of("cpu", "nvme") & below, stage, "offload_param.device")
    for name in ("cpu_offload_param", "cpu_offload_params"):
        switch = zero.field(name)
        yield finding(zero, switch, (switch == True) & below, stage, name)  # noqa: E712


def finding(zero, value, when, stage, key):
    return Finding(when=when, at=near(value, zero), because=(stage,), key=key, value=value, stage=stage)


def compiled(plan):
    """DeepCompile offloads parameters by a pass of its own, at every stage (`DeepSpeedEngine.compile`)."""
    return not plan.record.field("compile").is_absent


def partitioned_by_script(plan):
    """`deepspeed.zero.Init` partitions and offloads what is made under it, whatever the engine's stage."""
    run = plan.process.run if plan.process is not None else None
    return run is not None and any(run.called("deepspeed.zero.Init"))
