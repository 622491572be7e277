from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.mixed_units import mixed_units
from dtlint.run.saving import happens


def check(process: Process):
    run = process.run
    for one in mixed_units(run) if run is not None and not run.truncated else ():
        yield Finding(when=happens(one.wrap), at=one.wrap, because=((one.how, one.place),))
