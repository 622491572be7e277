from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.engine_schedules import for_epochs
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None:
        return
    for one in for_epochs(process.run):
        yield Finding(
            when=TRUE,
            at=one.made,
            because=(("DeepSpeed is given it here", one.given), ("and steps it with each of these", one.step)),
            end=one.end,
        )
