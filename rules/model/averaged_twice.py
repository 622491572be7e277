from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.horovod_steps import averaged_again
from dtlint.value import TRUE


def check(process: Process):
    run = process.run
    if run is None or run.truncated:
        return
    several = process.world.size != 1 if process.world is not None else TRUE
    for step, wait in averaged_again(run):
        yield Finding(when=several, at=step, because=(("they are averaged by then", wait),))
        return
