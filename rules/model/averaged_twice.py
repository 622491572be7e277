from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.horovod_steps import averaged_again
from dtlint.value import TRUE


def check(process: Process):
    run = process.run
    if run is None or run.truncated:
        return
    for step, wait in averaged_again(run):
        yield Finding(when=TRUE, at=step, because=(("they are averaged by then", wait),))
        return
