from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    degree = plan.tensor
    heads, groups = plan.heads, plan.kv_heads
    if degree.is_absent:
        return
    yield Finding(
        when=(heads % degree != 0) & (degree > 1),
        at=heads if heads.trail else plan,
        because=(degree,),
        heads=heads,
        kind="attention heads",
        degree=degree,
    )
    yield Finding(
        when=(groups % degree != 0) & (degree % groups != 0) & (groups > 0),
        at=groups if groups.trail else plan,
        because=(degree,),
        heads=groups,
        kind="query groups",
        degree=degree,
    )
