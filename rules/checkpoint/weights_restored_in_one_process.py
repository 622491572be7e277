from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.handover import behind_wrapper
from dtlint.value import TRUE


def check(world: World):
    for one in behind_wrapper(world):
        yield Finding(
            when=TRUE,
            at=one.put,
            because=(("DDP makes the weights of all processes equal here, once", one.wrap),),
            first=one.first.label,
            second=one.second.label,
        )
