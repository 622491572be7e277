from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    experts, expert = plan.experts, plan.expert
    if experts.is_absent or expert.is_absent:
        return
    yield Finding(
        when=(experts % expert != 0) & (expert > 1),
        at=experts if experts.trail else plan,
        because=(expert,),
        experts=experts,
        expert=expert,
    )
