from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.file_tests import gated
from dtlint.value import TRUE


def check(world: World):
    for one in gated(world):
        yield Finding(
            when=TRUE,
            at=one.parting.fork,
            because=(("where the others wait", one.parting.event), ("opened by rank 0 only", one.opened)),
            call=one.parting.event.method,
            file=one.file if one.file.known else "a file",
        )
