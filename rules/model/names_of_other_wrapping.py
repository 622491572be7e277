from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script.trace import some_day
from dtlint.run.sought_names import never_found
from dtlint.value import TRUE


def check(process: Process):
    run = process.run
    if run is None:
        return
    for one in never_found(run):
        if not some_day(one.sought.branches):
            continue
        asked, kept = ("with", "without") if one.wrapped else ("without", "with")
        yield Finding(
            when=TRUE,
            at=one.sought.at,
            because=(("the names that are kept", one.kept), ("the names that are looked up", one.asked)),
            asked=asked,
            kept=kept,
        )
