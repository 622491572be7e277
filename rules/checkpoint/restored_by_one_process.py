from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.horovod import familiar, restored_alone, started
from dtlint.value import TRUE


def check(world: World):
    runs = world.runs
    if any(not run.complete or not started(run) or not familiar(run.events) for run in runs):
        return
    if any("elastic" in event.name for run in runs for event in run.events):
        return
    for run in runs[1:]:
        for one in restored_alone(runs[0], run):
            yield Finding(when=TRUE, at=one.event, what=one.what, missing=one.missing)
        return
