from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.tensor_batches import mixed


def check(world: World):
    followed = [process for process in world.processes if process.run is not None]
    one = mixed(followed[-1]) if followed else None
    if one is not None:
        yield Finding(
            when=(one.degree > 1) & (world.size > 1),
            at=one.sampler,
            because=(("the model is cut here", one.cut), one.degree),
            degree=one.degree,
        )
