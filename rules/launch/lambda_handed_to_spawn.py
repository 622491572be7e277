from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.run.spawn_pickles import lambda_handed
from dtlint.value import TRUE


def check(process: Process):
    # The script that starts processes is one itself, or the one that this one was started by.
    parent = process.spawned_by or process
    for event in parent.run.effects(Effect.SPAWNS) if parent.run is not None else ():
        handed = lambda_handed(event) if event.surely and not event.caught else None
        if handed is not None:
            yield Finding(when=TRUE, at=event, because=(("the lambda", handed.at),))
