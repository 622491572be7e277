from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.own_keys import for_each_key
from dtlint.value import TRUE


def check(world: World):
    for one in for_each_key(world):
        yield Finding(
            when=TRUE,
            at=one.event,
            because=(("once for each of these", one.loop.at),) if one.loop is not None else (),
            call=one.event.method,
        )
