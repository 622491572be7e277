from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    if plan.source == "deepspeed" or plan.micro_batch.is_absent or plan.global_batch.is_absent:
        return
    step = plan.micro_batch * plan.data_parallel
    yield Finding(
        when=(plan.global_batch % step != 0) & (plan.world_size % plan.replica == 0) & (step > 0),
        at=plan.global_batch if plan.global_batch.trail else plan,
        because=(plan.micro_batch, plan.world_size, plan.replica),
        batch=plan.global_batch,
        micro=plan.micro_batch,
        data=plan.data_parallel,
        step=step,
    )
