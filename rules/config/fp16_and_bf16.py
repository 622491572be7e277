from dtlint.job.plan import Plan
from dtlint.mend import FirstOf, word
from dtlint.rule import Finding


def check(plan: Plan):
    for one in (plan, plan.trainer):
        if one is not None:
            place = one.bf16 if one.bf16.trail else one
            # fp16 came first to most code; who adds bf16 to it means bf16.
            places = [step.at for step in one.fp16.trail]
            off = FirstOf(tuple(word(at, *pair) for at in places for pair in (("true", "false"), ("True", "False"))))
            both = on(one.fp16) & on(one.bf16)
            yield Finding(when=both, at=place, because=(one.fp16,), edits=(off,), source=one.source)


def on(switch):
    """`True`, and also `"true"`, which most readers take for it."""
    return (switch == True) | (switch == "true")  # noqa: E712 - a Truth
