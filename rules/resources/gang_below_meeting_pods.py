from dtlint.job.gang import gangs
from dtlint.job.run import Run
from dtlint.rule import Finding, near


def check(run: Run):
    for gang in gangs(run):
        yield Finding(
            when=(gang.minimum > 0) & (gang.minimum < gang.needed),
            at=near(gang.minimum, gang.workload),
            because=(gang.needed,),
            minimum=gang.minimum,
            needed=gang.needed,
        )
