from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.groups import groupless, makers_written
from dtlint.value import TRUE


def check(process: Process):
    run = process.run
    if run is None or not run.complete:
        return
    found = groupless(process)
    # One that is made too late, was taken down or is not come to is another mistake.
    if found is None or found.destroyed is not None or found.made_later is not None or any(makers_written(run)):
        return
    yield Finding(when=TRUE, at=found.event, call=found.event.method)
