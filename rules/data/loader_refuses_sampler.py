import re

from dtlint.job.process import Process
from dtlint.mend import Replaced
from dtlint.rule import Finding
from dtlint.run.refusals import refused
from dtlint.value import TRUE

SHUFFLE = re.compile(r",\s*shuffle\s*=\s*True\b")


def check(process: Process):
    if process.run is None:
        return
    for one in refused(process.run):
        # The sampler shuffles instead, as it does unless it is told otherwise.
        shuffles = one.what == "sampler= together with shuffle=True"
        edits = (Replaced(one.call.at, SHUFFLE, ""),) if shuffles else ()
        remedy = "leave shuffle=True out: the sampler shuffles" if shuffles else "keep what the loader should go by"
        yield Finding(
            when=TRUE,
            at=one.call,
            because=one.because,
            edits=edits,
            what=one.what,
            error=one.error,
            remedy=remedy,
        )
