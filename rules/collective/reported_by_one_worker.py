from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.ray_workers import reported_alone


def check(process: Process):
    launch = process.launch
    if process.run is None or process.run.truncated or launch is None or launch.tool != "ray":
        return
    for report, fork in reported_alone(process.run):
        yield Finding(
            when=launch.total > 1,
            at=report,
            because=(("only where the rank is 0", fork), launch.total),
            workers=launch.total,
        )
