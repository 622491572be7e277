from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.restoring import crowded


def check(world: World):
    for one in crowded(world):
        yield Finding(
            when=world.per_node > 1,
            at=one.load.argument_at("map_location"),
            because=(one.own, world.per_node),
            loader=one.loader.label,
            there=one.there,
            own=one.own,
            count=world.per_node,
        )
