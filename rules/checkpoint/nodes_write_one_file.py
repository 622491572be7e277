from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.writers import clashes, shared_by_hosts
from dtlint.value import TRUE


def check(run: Run):
    for world in run.worlds:
        for clash in clashes(world):
            # Where both are told one rank, that is the mistake, and the script may well ask for it.
            if (clash.first.rank == clash.second.rank).always:
                continue
            made = None if clash.one_host else shared_by_hosts(clash.path, world, run)
            if made is None:
                continue
            yield Finding(
                when=TRUE,
                at=clash.event,
                because=(
                    world.nodes,
                    clash.path,
                    *(("the folder that all nodes share is made once", command) for command in made[:1]),
                ),
                call=clash.event.method,
                path=clash.path if clash.path.known else "one file",
                first=clash.first.label,
                second=clash.second.label,
            )
