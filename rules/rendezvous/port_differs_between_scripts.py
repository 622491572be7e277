from dtlint.job.world import World
from dtlint.rule import Finding, near


def check(world: World):
    # One launch that all hosts run is another rule's; here each host has a script of its own.
    for launch, other in world.pairs()[:1]:
        mine, theirs = launch.rendezvous, other.rendezvous
        if launch.at == other.at or mine.kind in ("none", "mpi") or mine.kind != theirs.kind:
            continue
        yield Finding(
            when=(mine.port != theirs.port) & (world.nodes > 1),
            at=near(theirs.port, other),
            because=(mine.port, world.nodes),
            mine=mine.port,
            theirs=theirs.port,
            script=launch.at.path,
        )
