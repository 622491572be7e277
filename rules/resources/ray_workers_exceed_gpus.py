from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.ray_clusters import asked, limited
from dtlint.run.script.objects import as_value


def check(process: Process):
    start = limited(process)
    for one in asked(process) if start is not None else ():
        has = as_value(start.keywords["num_gpus"])
        if one.gpus is not None:
            yield Finding(
                when=one.gpus > has,
                at=near(one.workers, one.scaling),
                because=(has, ("the cluster is started here", start)),
                workers=one.workers,
                asked=one.gpus,
                has=has,
            )
