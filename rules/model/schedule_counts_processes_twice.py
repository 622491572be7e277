from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.schedules import counted_twice
from dtlint.value import known


def check(process: Process):
    if process.run is None or process.world is None:
        return
    for one in counted_twice(process.run):
        yield Finding(
            when=process.world.size > known(1),
            at=one.made,
            because=(("divided by the number of processes", one.at.at), near(process.world.size, process.world.first)),
            size=process.world.size,
        )
