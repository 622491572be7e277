from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.spawning import called_at_once
from dtlint.value import TRUE


def check(process: Process):
    # The script that starts processes is one itself, or the one that this one was started by.
    parent = process.spawned_by or process
    for event, parameter in called_at_once(parent.run) if parent.run is not None else ():
        yield Finding(when=TRUE, at=event.argument_at(parameter), parameter=parameter)
