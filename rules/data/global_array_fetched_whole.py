from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.jax_fetches import fetched


def check(world: World):
    for found in fetched(world):
        yield Finding(
            when=world.size > 1,
            at=found.fetch,
            because=(("its rows are spread over all devices here", found.array), world.size),
            call=found.fetch.name,
            size=world.size,
        )
        return
