from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    mini, batch = plan.mini_batch, plan.global_batch
    if mini.is_absent or batch.is_absent:
        return
    yield Finding(
        when=(mini > batch) & (batch > 0),
        at=mini if mini.trail else plan,
        because=(batch,),
        mini=mini,
        batch=batch,
    )
