from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.byteps_workers import namesakes


def check(run: Run):
    for mine, theirs in namesakes(run):
        yield Finding(
            when=mine.count > 1,
            at=near(theirs.number, theirs.exec),
            because=((f"the processes of {mine.label} are started here", mine.exec), mine.count),
            first=mine.label,
            second=theirs.label,
            number=mine.number,
            count=mine.count,
        )
        return
