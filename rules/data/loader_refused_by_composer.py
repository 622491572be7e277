from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.composer_loaders import without_sampler
from dtlint.run.releases import at_least

SINCE = (0, 11)
"""The release of Composer that looks."""


def check(process: Process):
    world = process.world
    if process.run is None or world is None or not at_least(process.composer, SINCE):
        return
    for loader, trainer in without_sampler(process.run):
        yield Finding(
            when=world.size > 1,
            at=loader,
            because=(("handed over here", trainer), world.size),
            size=world.size,
        )
