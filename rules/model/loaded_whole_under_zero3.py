from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.saving import happens
from dtlint.run.zero3_loading import loaded_whole


def check(plan: Plan):
    if plan.world is None:
        return
    for one in loaded_whole(plan):
        yield Finding(
            when=(plan.zero_stage == 3) & (plan.world.per_node > 1) & happens(one.load),
            at=one.load,
            because=[*([("it is made here", one.since)] if one.since is not None else []), plan.zero_stage],
            count=plan.world.per_node,
            reason=one.reason,
        )
