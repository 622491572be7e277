from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.clocks import ENGINE, clocked
from dtlint.value import known


def check(plan: Plan):
    world = plan.world
    if plan.source != "deepspeed" or world is None:
        return
    for run in world.runs[:1]:
        for one in clocked(run, ENGINE) if not run.truncated else ():
            yield Finding(
                when=(world.size > known(1)) & (plan.zero_stage >= 1),
                at=one.clock,
                because=(("the checkpoint that all processes write", one.save), plan.zero_stage),
                format=one.format,
                stage=plan.zero_stage,
            )
