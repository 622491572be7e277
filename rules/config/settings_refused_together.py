from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    if plan.source != "axolotl":
        return
    for one in plan.conflicts:
        yield Finding(
            when=one.when, at=one.option if one.option.trail else plan, because=one.because, reason=one.reason
        )
