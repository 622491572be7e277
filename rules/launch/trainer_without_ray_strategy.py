from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.ray_lightning import alone
from dtlint.value import TRUE


def check(process: Process):
    run, launch = process.run, process.launch
    if run is None or launch is None or launch.tool != "ray":
        return
    for one in alone(run):
        if one.refused is not None:
            when, outcome, because = TRUE, "prepare_trainer refuses it", ("here", one.refused)
        else:
            when = launch.total > 1
            outcome, because = f"each of {launch.total} workers trains a model of its own", launch.total
        yield Finding(when=when, at=one.made, because=(because,), lacks=one.lacks, outcome=outcome)
