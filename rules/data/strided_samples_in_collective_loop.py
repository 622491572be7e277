from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.shares import uneven
from dtlint.value import TRUE


def check(world: World):
    for one in uneven(world):
        yield Finding(
            when=TRUE,
            at=one.stride.at,
            because=(("the loop over these samples", one.loop.at), ("all meet here in each round", one.meeting)),
            what=one.stride.what,
            first=one.first.label,
            second=one.second.label,
        )
