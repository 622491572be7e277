from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.strategies import CONFIG, late_cluster, made
from dtlint.value import TRUE


def check(process: Process):
    late = late_cluster(process.run) if process.run is not None else None
    if late is not None and not process.environment.set(CONFIG):
        yield Finding(when=TRUE, at=late.at, because=(("the strategy is made here", made(process.run)),))
