from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.own_decisions import own_rates
from dtlint.value import TRUE


def check(world: World):
    for one in own_rates(world):
        yield Finding(
            when=TRUE,
            at=one.at,
            because=(one.number, ("they train one model since here", one.joined)),
            by=one.by,
        )
