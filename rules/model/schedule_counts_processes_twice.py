from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.schedules import counted_by_rounds, counted_twice
from dtlint.value import known


def check(process: Process):
    if process.run is None or process.world is None:
        return
    several, size = process.world.size > known(1), process.world.size
    for one in counted_twice(process.run):
        yield Finding(
            when=several,
            at=one.made,
            because=(("divided by the number of processes", one.at.at), near(size, process.world.first)),
            size=size,
            must="must not be divided by the processes",
            mend="do not divide the length by the number of processes",
        )
    for one in counted_by_rounds(process.run):
        yield Finding(
            when=several,
            at=one.made,
            because=(
                ("as long as this loop has rounds", one.loop.at),
                ("stepped in each of them", one.step),
                near(size, process.world.first),
            ),
            size=size,
            must="must be that many times the rounds of one process",
            mend="multiply the length, and that of the warmup, by accelerator.num_processes",
        )
