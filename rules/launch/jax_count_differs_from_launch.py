from dtlint.job.world import World
from dtlint.rule import Finding, near
from dtlint.run.jax_processes import is_text, started


def check(world: World):
    found = started(world)
    if found:
        count = found[0].count
        # Each host may have a program of its own.
        whole = (count != world.per_node) | ~found[0].loopback
        yield Finding(
            when=(count != world.size) & whole & ~is_text(count),
            at=near(count, found[0].event),
            because=(world.size, ("started here", world)),
            count=count,
            started=world.size,
        )
