from dtlint.job.joining import joinings
from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.apart import shared_out, trained_apart


def check(process: Process):
    run, world = process.run, process.world
    joining = next(joinings(process), None)
    part = shared_out(run) if run is not None else None
    if world is None or joining is None or part is None:
        return
    for made, step in trained_apart(run):
        yield Finding(
            when=(world.size > 1) & (joining.size.absent | (joining.size > 1)),
            at=made,
            because=(("it gets its part of the data here", part), ("and trains on it here", step), world.size),
        )
