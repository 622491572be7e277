import re

from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.composer_loaders import without_sampler

SINCE = (0, 11)
"""The release of Composer that looks."""


def check(process: Process):
    world = process.world
    if process.run is None or world is None or not looks(process.composer):
        return
    for loader, trainer in without_sampler(process.run):
        yield Finding(
            when=world.size > 1,
            at=loader,
            because=(("handed over here", trainer), world.size),
            size=world.size,
        )


def looks(release):
    numbers = re.match(r"(\d+)\.(\d+)", release.string or "")
    return release.is_absent or (numbers is not None and tuple(map(int, numbers.groups())) >= SINCE)
