from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.engine_steps import left_out
from dtlint.value import TRUE


def check(plan: Plan):
    for one in left_out(plan):
        steps = plan.accumulation
        if one.every is None:
            called = "only at is_gradient_accumulation_boundary()"
            harm = "the count stands still, and no weight changes"
        else:
            called = f"after every {one.every} backward passes"
            harm = f"the weights change once in {one.every * steps} of them"
        yield Finding(
            when=(steps > 1) & (TRUE if one.every is None else one.every > 1),
            at=one.step,
            because=(steps, *(() if one.every is None else (one.every,)), ("each backward pass", one.backward)),
            called=called,
            steps=steps,
            harm=harm,
        )
