from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.stepped_schedules import stepped_alone
from dtlint.value import TRUE


def check(world: World):
    for one in stepped_alone(world):
        yield Finding(
            when=TRUE,
            at=one.step,
            because=(("they train one model since here", one.joined),),
            stepper=one.stepper.label,
            other=one.other.label,
        )
        return
