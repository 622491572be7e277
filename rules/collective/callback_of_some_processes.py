from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.horovod import callbacks_of_one, started, stops
from dtlint.value import TRUE

_MEETS = "it waits there for the others"
_ENDS = "when it stops, the others wait for its gradients"


def check(world: World):
    followed = [one for one in world.processes if one.run is not None and not one.run.truncated and started(one.run)]
    told = set()
    for mine in followed:
        for other in followed:
            for made, fit in callbacks_of_one(mine.run, other.run):
                if made.at not in told:
                    told.add(made.at)
                    yield Finding(
                        when=TRUE,
                        at=made,
                        because=(("trained on here by both", fit),),
                        callback=made.method,
                        harm=_ENDS if stops(made) else _MEETS,
                        first=mine.label,
                        second=other.label,
                    )
