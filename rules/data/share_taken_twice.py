from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.dealing import dealt, one_share
from dtlint.value import TRUE


def check(world: World):
    told = set()
    for one in dealt(world):
        if one.mine.at in told or not one_share(one):
            continue
        told.add(one.mine.at)
        rank, _ = one.both("rank")
        size = one.replicas if one.replicas.known else world.size
        yield Finding(
            when=TRUE,
            at=one.mine.argument_at("rank"),
            because=(rank,),
            first=one.first.label,
            second=one.second.label,
            share=f"share {rank} of {size}" if size.known else f"share {rank}",
            loss="each host reads all shares" if (size < world.size).always else "other shares go to no rank",
        )
