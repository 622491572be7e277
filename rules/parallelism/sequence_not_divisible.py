from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    sequence, context = plan.sequence, plan.context
    if sequence.is_absent or context.is_absent:
        return
    yield Finding(
        when=(sequence % (context * 2) != 0) & (context > 1),
        at=sequence if sequence.trail else plan,
        because=(context,),
        sequence=sequence,
        parts=context * 2,
    )
