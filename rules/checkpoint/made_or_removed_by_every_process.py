from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.handled_paths import MAKES, handled
from dtlint.run.writers import both
from dtlint.value import TRUE


def check(world: World):
    for clash in both(world, handled):
        if clash.one_host:
            there = clash.event.name in MAKES
            yield Finding(
                when=TRUE,
                at=clash.event,
                because=(clash.path,),
                call=clash.event.method,
                path=clash.path if clash.path.known else "one path",
                first=clash.first.label,
                second=clash.second.label,
                outcome="is there already (FileExistsError)" if there else "is gone (FileNotFoundError)",
            )
