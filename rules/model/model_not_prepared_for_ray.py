from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.apart import shared_out, told_apart, trained_apart


def check(process: Process):
    run, launch = process.run, process.launch
    if run is None or launch is None or launch.tool != "ray" or (shared_out(run) is None and told_apart(run)):
        return
    for made, step in trained_apart(run, "ray"):
        yield Finding(
            when=launch.total > 1,
            at=made,
            because=(("it is trained here", step), launch.total),
            workers=launch.total,
        )
