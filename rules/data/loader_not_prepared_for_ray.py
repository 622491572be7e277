from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.ray_workers import unprepared


def check(process: Process):
    launch = process.launch
    if process.run is None or launch is None or launch.tool != "ray":
        return
    for loader, model in unprepared(process.run):
        yield Finding(
            when=launch.total > 1,
            at=loader,
            because=(("the model is prepared here", model), launch.total),
            workers=launch.total,
        )
