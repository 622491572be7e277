from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.jax_processes import INITIALISER
from dtlint.run.same_rows import same_rows


def check(world: World):
    if not all(any(run.called(INITIALISER)) for _, run in world.followed):
        return
    for one in same_rows(world):
        yield Finding(
            when=world.size > 1,
            at=one.event,
            because=(("all processes read the same here", one.read), ("started here", world), world.size),
            first=one.first.label,
            second=one.second.label,
        )
