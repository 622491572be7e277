from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.dealing import dealt, shuffled_differently
from dtlint.value import TRUE


def check(world: World):
    told = set()
    for one in dealt(world):
        if one.mine.at in told or not shuffled_differently(one):
            continue
        told.add(one.mine.at)
        mine, theirs = one.both("seed")
        yield Finding(
            when=TRUE,
            at=one.mine.argument_at("seed"),
            because=(("the sampler", one.mine.at),),
            first=one.first.label,
            second=one.second.label,
            seeds=f"{mine} and {theirs}" if mine.known and theirs.known else "seeds that differ",
        )
