from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.dummy_experiments import attributes_of_nothing
from dtlint.value import TRUE


def check(world: World):
    for process, run in world.followed:
        if process.rank.integer in (None, 0):
            continue
        for event, logger, part in attributes_of_nothing(run):
            yield Finding(when=TRUE, at=event, logger=logger, part=part, method=event.method, process=process.label)
        return
