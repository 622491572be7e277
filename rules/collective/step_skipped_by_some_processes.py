from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.skipping import skips
from dtlint.value import known


def check(world: World):
    for _, run in world.finished[:1]:
        for one in skips(run):
            yield Finding(
                when=world.size > known(1),
                at=one.fork,
                because=(one.fork.value, ("where the others wait for its gradients", one.backward)),
                number=world.size,
            )
