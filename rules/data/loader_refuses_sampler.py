from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.refusals import refused
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None:
        return
    for one in refused(process.run):
        yield Finding(when=TRUE, at=one.call, what=one.what, error=one.error)
