import re

from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.lightning_removals import removals
from dtlint.value import TRUE

SINCE = 2
"""The major release without them."""


def check(process: Process):
    pinned = process.least_lightning
    major = re.match(r"\d+", pinned.string or "")
    if process.run is None or major is None or int(major.group()) < SINCE:
        return
    for one in removals(process.run):
        yield Finding(
            when=TRUE, at=one.at, because=(pinned, *one.because), what=one.what, release=pinned, instead=one.instead
        )
