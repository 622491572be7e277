from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.jax_alone import alone


def check(world: World):
    found = alone(world)
    if found is not None:
        yield Finding(
            when=world.size > 1,
            at=world.first,
            because=(
                ("this knows the devices of one process alone", found.spans),
                ("and each trains by itself here", found.trains),
                world.size,
            ),
            tool=world.first.tool,
            size=world.size,
        )
