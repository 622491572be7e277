from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.partings import partings
from dtlint.value import TRUE

LEAVES = {
    "continue": "go on with the next round",
    "break": "leave the loop",
    "return": "return",
    "": "pass it by",
}


def check(world: World):
    for one in partings(world):
        yield Finding(
            when=TRUE,
            at=one.fork,
            because=(one.fork.value, ("where the others wait", one.event)),
            call=one.event.method.replace("__call__", "the forward pass"),
            leaves=LEAVES[one.leaves],
        )
