from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.collectives import unmet
from dtlint.value import TRUE


def check(world: World):
    for one in unmet(world):
        yield Finding(
            when=TRUE,
            at=one.event,
            call=one.event.method.replace("__call__", "the forward pass"),
            first=one.caller.label,
            second=one.other.label,
        )
