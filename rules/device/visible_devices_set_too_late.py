from dtlint.job.process import Process
from dtlint.job.visibility import MASKS
from dtlint.rule import Finding
from dtlint.run.devices import uses
from dtlint.value import truth


def check(process: Process):
    run = process.run
    if run is None or run.subprocesses or run.children:
        return  # what it sets may be meant for the processes that it starts
    first = next((use for use in uses(run) if use.event.surely and use.starts), None)
    for write in run.writes:
        if write.name in MASKS and not write.branches and not write.default and first is not None:
            yield Finding(
                when=truth(write.index > first.event.index),
                at=write.at,
                because=(("the first use of a GPU", first.event),),
                name=write.name,
            )
