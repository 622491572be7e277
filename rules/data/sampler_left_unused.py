from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.handing import bypassed
from dtlint.value import TRUE


def check(world: World):
    runs = world.runs
    if len(runs) < 2 or not all(run.complete for run in runs):
        return
    for sampler, instead in bypassed(runs[0]):
        yield Finding(
            when=TRUE,
            at=instead,
            because=(("the sampler that should share the data out", sampler),),
        )
