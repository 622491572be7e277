from itertools import pairwise

from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.groups import ranks_of
from dtlint.value import TRUE

MAKER = "torch.distributed.new_group"


def check(world: World):
    for (first, _), (second, _) in pairwise(world.followed):
        # Groups are counted: the first, second … call of each process makes one group together.
        for mine, theirs in zip(calls(first), calls(second), strict=False):
            if mine.at != theirs.at or mine.stack != theirs.stack or not settled(mine) or not settled(theirs):
                break
            left, right = ranks_of(mine.result, first), ranks_of(theirs.result, second)
            if left is None or right is None or len(left) == len(right) == 1:
                continue  # a group of one meets nobody
            if sorted(left) != sorted(right):
                yield Finding(
                    when=TRUE,
                    at=mine.argument_at("ranks"),
                    first=first.label,
                    second=second.label,
                    mine=list(left),
                    theirs=list(right),
                )
                return


def calls(process):
    return tuple(process.run.called(MAKER))


def settled(event):
    """It surely happens once, and the whole world is to make the group together."""
    together = event.argument("use_local_synchronization")
    return event.surely and not event.loops and (together.is_absent or (together == False).always)  # noqa: E712
