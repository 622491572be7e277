from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    if plan.source != "megatron":
        return
    for one in plan.conflicts:
        yield Finding(
            when=one.when,
            at=one.option if one.option.trail else plan,
            because=one.because,
            option=one.option,
            reason=one.reason,
        )
