from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.stopping import lone_stops
from dtlint.value import TRUE


def check(world: World):
    for one in lone_stops(world):
        yield Finding(
            when=TRUE,
            at=one.told,
            because=(("only asked in some processes", one.fork), ("the training that it ends", one.fit)),
            leaves=one.leaves.label,
            stays=one.stays.label,
        )
