from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.horovod_leftovers import leftovers
from dtlint.value import TRUE


def check(process: Process):
    several = process.world.size != 1 if process.world is not None else TRUE
    for found in leftovers(process.run) if process.run is not None else ():
        yield Finding(
            when=several,
            at=found.clears,
            because=(
                ("this loss starts to average its gradients", found.backward),
                ("since it is made here", found.forward),
            ),
        )
