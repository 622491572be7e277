from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.value import TRUE

TRAINER = "lightning.pytorch.Trainer"
ARGUMENT = "accumulate_grad_batches"


def check(plan: Plan):
    if plan.source != "lightning":
        return
    given = plan.record.field("gradient_accumulation_steps")
    if given.known and given.trail:
        made = list(plan.process.run.called(TRAINER))
        told = [event for event in made if event.thing(ARGUMENT) is not None]
        yield Finding(
            when=TRUE,
            at=given,
            because=(
                *(("the Trainer that takes the configuration", event) for event in made),
                *((f"{ARGUMENT}={event.argument(ARGUMENT)}", event.argument_at(ARGUMENT)) for event in told),
            ),
            given=given,
        )
