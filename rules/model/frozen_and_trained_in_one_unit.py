from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.mixed_units import mixed_units, prepared_units
from dtlint.run.saving import happens


def check(process: Process):
    run = process.run
    if run is None or run.truncated:
        return
    for one in (*mixed_units(run), *prepared_units(process)):
        told = (one.told,) if one.told.trail else ()
        yield Finding(when=happens(one.wrap), at=one.wrap, because=(*told, (one.how, one.place)))
