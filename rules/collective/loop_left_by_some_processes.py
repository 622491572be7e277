from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.partings import leavers
from dtlint.value import TRUE


def check(world: World):
    for one in leavers(world):
        yield Finding(
            when=TRUE,
            at=one.fork,
            because=(("the loop", one.loop.at), ("where the others wait", one.event)),
            leaves=one.leaves.label,
            stays=one.stays.label,
            call=one.event.method.replace("__call__", "the forward pass"),
        )
