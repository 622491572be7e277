from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.own_decisions import own_bests
from dtlint.value import TRUE


def check(world: World):
    for one in own_bests(world):
        yield Finding(
            when=TRUE,
            at=one.fork,
            because=(one.fork.value, ("the best weights are saved here", one.save)),
            saver=one.saver.label,
        )
