from dtlint.job.process import Process
from dtlint.job.visibility import MASKS
from dtlint.rule import Finding
from dtlint.run.devices import asks_driver, starts_processes, uses
from dtlint.value import truth


def check(process: Process):
    run = process.run
    if run is None or run.subprocesses or run.children or starts_processes(run):
        return  # what it sets may be meant for the processes that it starts
    begun = {id(use.event) for use in uses(run) if use.starts}
    reading = (event for event in run.events if id(event) in begun or asks_driver(event, process))
    first = next((event for event in reading if event.surely), None)
    for write in run.writes:
        if write.name in MASKS and not write.branches and not write.default and first is not None:
            yield Finding(
                when=truth(write.index > first.index),
                at=write.at,
                because=(("CUDA reads the variable here, for the whole process", first),),
                name=write.name,
            )
