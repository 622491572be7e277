from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.horovod import familiar, started, unaveraged
from dtlint.value import TRUE


def check(world: World):
    runs = world.runs
    if len(runs) < 2 or any(not run.complete or not started(run) or not familiar(run.events) for run in runs):
        return
    found = [unaveraged(run) for run in runs]
    if all(found):
        yield Finding(when=TRUE, at=found[0], call=found[0].method)
