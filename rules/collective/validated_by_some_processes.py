from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.horovod import started
from dtlint.run.horovod_validation import validated_alone
from dtlint.value import TRUE


def check(world: World):
    followed = [one for one in world.processes if one.run is not None and not one.run.truncated and started(one.run)]
    told = set()
    for mine in followed:
        for other in followed:
            for fit, average in validated_alone(mine.run, other.run):
                if fit.at not in told:
                    told.add(fit.at)
                    yield Finding(
                        when=TRUE,
                        at=fit,
                        because=(("averages every metric over all processes", average),),
                        first=mine.label,
                        second=other.label,
                    )
