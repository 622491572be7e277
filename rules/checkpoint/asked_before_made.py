from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.asked_folders import raced
from dtlint.value import TRUE


def check(run: Run):
    for world in run.worlds:
        for clash in raced(world, run):
            yield Finding(
                when=TRUE,
                at=clash.event,
                because=(("asked for here", clash.event.branches[-1][0]), clash.path),
                call=clash.event.method,
                path=clash.path if clash.path.known else "one folder",
                first=clash.first.label,
                second=clash.second.label,
            )
