from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    stages = plan.pipeline
    if plan.layers.is_absent or stages.is_absent:
        return
    yield Finding(
        when=(plan.layers % stages != 0) & (stages > 1),
        at=plan.layers if plan.layers.trail else plan,
        because=(stages,),
        layers=plan.layers,
        stages=stages,
    )
