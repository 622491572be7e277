from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.value import How, Step

MADE = "accelerate.Accelerator"
OTHER = {"fp16": "bf16", "bf16": "fp16", "fp8": "fp16"}


def check(plan: Plan):
    if plan.source != "accelerate" or plan.process is None or plan.record.is_absent:
        return
    made = list(plan.process.run.called(MADE))
    if len(made) != 1 or not made[0].surely:
        return
    asked = asked_of(made[0], plan.process.launch)
    other = OTHER.get(asked.string or "")
    if other is None:
        return
    switch = plan.bf16 if other == "bf16" else plan.fp16
    yield Finding(
        when=(switch == True) | (switch == "true"),  # noqa: E712 - a Truth
        at=switch if switch.trail else plan,
        because=(asked,),
        asked=asked,
        other=other,
    )


def asked_of(made, launch):
    """The precision that the script asks for, else the command line; what is in accelerate's file is refused anyway."""
    given = made.argument("mixed_precision")
    if given.is_absent or (given.known and given.constant is None):
        return launch.options.value("--mixed_precision")
    text = f"mixed_precision={given}"
    return given if given.trail else given.because(Step(How.OPTION, text, made.argument_at("mixed_precision")))
