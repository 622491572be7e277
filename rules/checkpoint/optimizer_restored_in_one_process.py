from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.handover import unshared
from dtlint.value import TRUE


def check(world: World):
    for one in unshared(world):
        yield Finding(when=TRUE, at=one.put, first=one.first.label, second=one.second.label)
