from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.unsent_weights import unsent_weights


def check(world: World):
    for one in unsent_weights(world):
        yield Finding(
            when=(world.size > 1) & one.unsent,
            at=one.wrap,
            because=(("the weights are loaded here", one.filled),),
            first=one.first.label,
            second=one.second.label,
        )
