from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.left_alone import left_alone


def check(world: World):
    launch = world.first
    found = left_alone(world) if launch.tool != "presumed" and world.above is None else None
    if found is not None:
        yield Finding(
            when=world.size > 1,
            at=launch,
            because=(
                ("asked for here, and not set", found.lacks),
                ("so this is left out", found.maker),
                ("and each trains by itself here", found.step),
                world.size,
            ),
            tool=launch.tool,
            size=world.size,
            variable=found.lacks.name,
        )
