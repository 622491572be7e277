from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.horovod import familiar, started
from dtlint.run.horovod_averaging import unaveraged
from dtlint.value import TRUE


def check(world: World):
    runs = world.runs
    if len(runs) < 2 or any(not run.complete or not started(run) or not familiar(run.events) for run in runs):
        return
    found = [unaveraged(run) for run in runs]
    if found[0] is not None and all(found):
        yield Finding(
            when=TRUE,
            at=found[0].at,
            because=((f"{found[0].step.method}() trains with it", found[0].step),),
            what="the tape gives" if found[0].tape else "this optimizer takes",
            wrapper="DistributedGradientTape" if found[0].tape else "DistributedOptimizer",
        )
