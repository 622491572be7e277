from dtlint.job.plan import Plan
from dtlint.rule import Finding, near


def check(plan: Plan):
    if plan.source != "lightning" or plan.clip.is_absent or plan.fully_sharded.is_absent:
        return
    yield Finding(
        when=(plan.clip.as_float() > 0) & (plan.fully_sharded == True),  # noqa: E712 - a Truth
        at=near(plan.clip, plan),
        because=(plan.fully_sharded,),
        clip=plan.clip,
    )
