from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.writers import clashes
from dtlint.value import TRUE

OF_TORCH = "let one process write it: if dist.get_rank() == 0"
OF_KERAS = "let the chief write it, and the other workers each a folder of their own: all of them have to save"


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
                mend=OF_KERAS if clash.event.name.startswith(("tensorflow.", "keras.")) else OF_TORCH,
            )
