from dtlint.job.world import World
from dtlint.rule import Finding, near
from dtlint.run.jax_processes import is_text, started


def check(world: World):
    found = started(world)
    if found:
        count = found[0].count
        # Each host may have a program of its own.
        whole = (count != world.per_node) | ~found[0].loopback
        launch = world.first
        # One command on one host, such as that of ssh: the other processes are started by other commands.
        alone = launch.rendezvous.kind == "none" and not launch.ranks
        differs = count < world.size if alone else count != world.size
        yield Finding(
            when=differs & whole & ~is_text(count),
            at=near(count, found[0].event),
            because=(world.size, ("started here", world)),
            count=count,
            started=world.size,
        )
