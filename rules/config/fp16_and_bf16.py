from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    for one in (plan, plan.trainer):
        if one is not None:
            place = one.bf16 if one.bf16.trail else one
            yield Finding(when=on(one.fp16) & on(one.bf16), at=place, because=(one.fp16,), source=one.source)


def on(switch):
    """`True`, and also `"true"`, which most readers take for it."""
    return (switch == True) | (switch == "true")  # noqa: E712 - a Truth
