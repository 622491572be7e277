from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.groups import groupless, makers_written
from dtlint.value import known


def check(process: Process):
    run, world = process.run, process.world
    if run is None or run.truncated or world is None or process.presumed or world.first.tool == "presumed":
        return
    found = groupless(process)
    if found is None or found.destroyed is not None or found.made_later is not None:
        return
    for place in makers_written(run):
        yield Finding(
            when=world.size > known(1),
            at=found.event,
            because=(("the script makes it here, and does not come to this", place), world.size),
            call=found.event.method,
        )
        return
