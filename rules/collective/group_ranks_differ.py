from itertools import pairwise

from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.groups import count_known, counted, ranks_of, settled
from dtlint.value import TRUE

MAKER = "torch.distributed.new_group"


def check(world: World):
    for (first, mine), (second, theirs) in pairwise(world.followed):
        # Groups are counted: the first, second … call of each process makes one group together.
        for left, right in zip(counted(mine), counted(theirs), strict=False):
            together = left.place == right.place
            if not (settled(left) and settled(right)):
                break
            if not together and not (count_known(mine, left) and count_known(theirs, right)):
                break
            if left.name != MAKER or right.name != MAKER:
                if together:
                    continue
                break
            here, there = ranks_of(left.result, first), ranks_of(right.result, second)
            if here is None or there is None or len(here) == len(there) == 1:
                continue  # a group of one meets nobody
            if sorted(here) != sorted(there):
                yield Finding(
                    when=TRUE,
                    at=left.argument_at("ranks"),
                    because=() if left.at == right.at else ((f"what {second.label} makes", right),),
                    first=first.label,
                    second=second.label,
                    mine=list(here),
                    theirs=list(there),
                )
                return
