from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.partings import partings
from dtlint.run.ray_partings import ray_partings
from dtlint.value import TRUE

LEAVES = {
    "continue": "go on with the next round",
    "break": "leave the loop",
    "return": "return",
    "": "pass it by",
}


def check(world: World):
    found = [(TRUE, one) for one in partings(world)]
    if len(world.processes) == 1:
        found += [(world.size > 1, one) for run in world.runs for one in ray_partings(run)]
    for when, one in found:
        yield Finding(
            when=when,
            at=one.fork,
            because=(one.fork.value, ("where the others wait", one.event)),
            call=one.event.method.replace("__call__", "the forward pass"),
            leaves=LEAVES[one.leaves],
        )
