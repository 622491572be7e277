from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.ray_workers import trained_apart


def check(process: Process):
    launch = process.launch
    if process.run is None or launch is None or launch.tool != "ray":
        return
    for made, step in trained_apart(process.run):
        yield Finding(
            when=launch.total > 1,
            at=made,
            because=(("it is trained here", step), launch.total),
            workers=launch.total,
        )
