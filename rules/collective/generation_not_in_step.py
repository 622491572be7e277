from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.generating import out_of_step
from dtlint.value import known


def check(plan: Plan):
    run = plan.process.run if plan.process is not None else None
    if run is None or not plan.direct or not run.complete:
        return
    for event, because in out_of_step(run):
        yield Finding(
            when=(plan.zero_stage == known(3)) & (plan.world_size > known(1)),
            at=event,
            because=(plan.zero_stage, *because),
        )
