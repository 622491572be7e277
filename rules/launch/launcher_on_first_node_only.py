from dtlint.job.world import World
from dtlint.rule import Finding

BATCH = "the batch script runs on the first one only"
TYPED = "salloc runs its command where it is typed, and nowhere else"


def check(world: World):
    launch = world.first
    allocation = launch.allocation
    if not launch.per_host or allocation is None or launch.per_host_copies:
        return
    if len(world.launches) > 1 or any(above.spreads for above in launch.chain()[1:]):
        return
    yield Finding(
        when=(allocation.nodes > 1) & (launch.nodes > 1),
        at=launch,
        because=(allocation.nodes,),
        tool=launch.tool,
        nodes=launch.nodes,
        where=TYPED if any(above.tool == "salloc" for above in launch.chain()) else BATCH,
    )
