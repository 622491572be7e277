from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.epoch_ends import endless
from dtlint.value import TRUE


def check(process: Process):
    for fit, repeat in endless(process.run) if process.run is not None else ():
        yield Finding(when=TRUE, at=fit, because=(("the data set repeats for ever", repeat),))
