from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.value import TRUE


def check(process: Process):
    run, world = process.run, process.world
    # Of a script that nobody starts the number of processes is presumed.
    if run is None or world is None or process.presumed or world.presumed:
        return
    for one in run.indivisible:
        yield Finding(
            when=TRUE,
            at=near(one.dividend, one.at),
            because=(("asserted here", one.at), one.divisor),
            dividend=one.dividend,
            divisor=one.divisor,
        )
