from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.memberships import left_out, memberships
from dtlint.value import TRUE


def check(world: World):
    for one in left_out(world):
        yield Finding(
            when=TRUE,
            at=one.made,
            because=((f"{one.other.label} makes none", one.other), ("all have to cut it out of this group", one.bound)),
            ranks=list(one.ranks),
        )
    for run in world.runs:
        for one in memberships(run):
            together = one.made.argument("use_local_synchronization")
            yield Finding(
                when=together.absent | (together == False),  # noqa: E712 - a Truth
                at=one.made,
                because=(("only who is in it comes here", one.fork),),
                ranks=one.ranks,
            )
