from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.value import How, Step

MADE = "accelerate.Accelerator"


def check(plan: Plan):
    if plan.source != "accelerate" or plan.process is None:
        return
    made = list(plan.process.run.called(MADE))
    if len(made) != 1 or not made[0].surely:
        return
    given = made[0].argument("gradient_accumulation_steps")
    if not given.trail:
        place = made[0].argument_at("gradient_accumulation_steps")
        given = given.because(Step(How.OPTION, f"gradient_accumulation_steps={given}", place))
    # 1 is the default of many scripts, which leave the number to the configuration.
    yield Finding(
        when=(given != plan.accumulation) & (given > 1) & (plan.accumulation > 0),
        at=given,
        because=(plan.accumulation,),
        here=given,
        there=plan.accumulation,
    )
