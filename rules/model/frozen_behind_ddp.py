from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.freezing import frozen_late
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None or process.run.truncated:
        return
    for wrap, freeze in frozen_late(process.run):
        yield Finding(when=TRUE, at=freeze, because=(("wrapped here, when it was still trained", wrap),))
