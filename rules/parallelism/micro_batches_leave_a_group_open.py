from dtlint.job.plan import Plan
from dtlint.rule import Finding, near


def check(plan: Plan):
    stages, virtual, batch, micro = plan.pipeline, plan.virtual_stages, plan.global_batch, plan.micro_batch
    if any(value.is_absent for value in (stages, virtual, batch, micro)):
        return
    step = micro * plan.data_parallel
    count = batch // step
    whole = (plan.world_size % plan.replica == 0) & (batch % step == 0) & (step > 0)
    yield Finding(
        when=whole & (stages > 1) & (virtual > 1) & (count % stages != 0),
        at=near(batch, plan),
        because=(micro, stages, virtual, plan.world_size),
        count=count,
        stages=stages,
        virtual=virtual,
    )
