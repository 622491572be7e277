from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.strategies import CONFIG, dealt_by_file, made
from dtlint.value import TRUE


def check(process: Process):
    strategy = made(process.run) if process.run is not None else None
    several = process.presumed or process.environment.set(CONFIG)
    if strategy is None or not several:
        return
    for one in dealt_by_file(process.run):
        yield Finding(
            when=TRUE,
            at=one.source,
            because=(("dealt out here", one.asked), ("several workers", strategy)),
            policy=one.policy,
        )
