from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.engine_steps import stepped_past


def check(plan: Plan):
    for step, backward in stepped_past(plan):
        yield Finding(
            when=plan.accumulation > 1,
            at=step,
            because=(plan.accumulation, ("the engine's backward pass", backward)),
            steps=plan.accumulation,
        )
