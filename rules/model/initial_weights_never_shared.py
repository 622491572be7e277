from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.horovod import equalised, familiar, optimizers, started, trained
from dtlint.value import TRUE


def check(world: World):
    runs = world.runs
    if any(not run.complete or not started(run) or not familiar(run.events) for run in runs):
        return
    if any(equalised(run, runs[0]) for run in runs[1:]):
        return
    # What a callback of rank 0 does, no other process takes part in.
    for run in runs[1:]:
        for wrap in optimizers(run):
            begins = trained(run, wrap)
            if begins is not None and wrap.surely:
                yield Finding(when=TRUE, at=wrap, because=(("trained from here on", begins),))
                return
