from dtlint.job.plan import Plan
from dtlint.rule import Finding, near


def check(plan: Plan):
    share, part = plan.mini_batch_share, plan.share_micro_batch
    if share.is_absent or part.is_absent:
        return
    yield Finding(
        when=(share % part != 0) & (part > 0),
        at=near(part, plan),
        because=(share,),
        share=share,
        part=part,
    )
