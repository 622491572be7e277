from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.placeholders import misfits


def check(plan: Plan):
    for one in misfits(plan):
        configured = one.configured if one.configured.trail else plan
        yield Finding(
            when=one.when,
            at=one.made,
            because=(
                ("DeepSpeed's file" if one.placeholder else f"its {one.section}", configured),
                ("accelerate compares them", one.prepared),
            ),
            name=one.made.method,
            section=one.section,
            has="has no" if one.placeholder else "has the",
        )
