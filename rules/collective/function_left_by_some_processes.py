from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.leaving import quitters
from dtlint.value import TRUE


def check(world: World):
    for one in quitters(world):
        yield Finding(
            when=TRUE,
            at=one.fork,
            because=(("where the others wait", one.event),),
            leaves=one.leaves.label,
            stays=one.stays.label,
            call=one.event.method.replace("__call__", "the forward pass"),
        )
