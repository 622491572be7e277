from dtlint.job.world import World
from dtlint.rule import Finding, near
from dtlint.run.jax_processes import started


def check(world: World):
    for one in started(world):
        # Each host may have a program of its own.
        whole = (one.count > world.per_node) | (one.count == world.size)
        yield Finding(
            when=one.loopback & (world.nodes > 1) & whole,
            at=near(one.coordinator, one.event),
            because=(world.nodes, ("started here", world)),
            address=one.coordinator,
            nodes=world.nodes,
        )
        return
