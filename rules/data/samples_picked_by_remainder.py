from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.remainders import picked
from dtlint.value import TRUE


def check(world: World):
    for one in picked(world):
        yield Finding(
            when=TRUE,
            at=one.loader,
            because=(("the loop over these samples", one.loop.at), ("all meet here in each round", one.meeting)),
            first=one.first.label,
            second=one.second.label,
            mine=one.remainders[0],
            theirs=one.remainders[1],
            divisor=one.divisor,
        )
        return
