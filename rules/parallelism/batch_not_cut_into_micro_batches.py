from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    batch, part = plan.micro_batch, plan.pipeline_micro_batch
    if batch.is_absent or part.is_absent:
        return
    yield Finding(
        when=(batch % part != 0) & (plan.pipeline > 1) & (part > 0),
        at=batch if batch.trail else plan,
        because=(part, plan.pipeline),
        batch=batch,
        part=part,
    )
