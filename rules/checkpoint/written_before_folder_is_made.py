from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.folders import missing
from dtlint.value import TRUE


def check(run: Run):
    for world in run.worlds:
        for one in missing(world, run):
            yield Finding(
                when=TRUE,
                at=one.write,
                because=(("the folder is made here", one.make), one.folder),
                writer=one.writer.label,
                maker=one.maker.label,
                call=one.write.method,
                folder=one.folder if one.folder.known else "for all",
            )
