from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.writers import clashes
from dtlint.value import TRUE


def check(world: World):
    for clash in clashes(world):
        if clash.one_host:
            yield Finding(
                when=TRUE,
                at=clash.event,
                because=(clash.path,),
                call=clash.event.method,
                path=clash.path if clash.path.known else "one file",
                first=clash.first.label,
                second=clash.second.label,
            )
