from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.stopping import own_stops
from dtlint.value import TRUE


def check(world: World):
    for one in own_stops(world):
        yield Finding(
            when=TRUE,
            at=one.told,
            because=(("each process asks this for itself", one.asks), ("the training that it ends", one.fit)),
            flag=one.flag,
        )
