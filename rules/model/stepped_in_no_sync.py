from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.unsynced_steps import unsynced_steps


def check(process: Process):
    run, world = process.run, process.world
    if run is None or not run.complete or world is None:
        return
    for one in unsynced_steps(run):
        yield Finding(
            when=world.size > 1,
            at=one.step,
            because=(
                ("no_sync holds in such a round", one.entered),
                ("the last forward pass before the step", one.forward),
            ),
            divisor=one.divisor,
            rest=one.rest,
        )
