from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.lightning import interactive, trainers
from dtlint.value import How


def check(process: Process):
    launch = process.launch
    if launch is None or launch.tool != "srun" or not process.environment.closed or interactive(process):
        return
    tasks, each = process.variable("SLURM_NTASKS").as_int(), process.variable("SLURM_NTASKS_PER_NODE")
    # Mended where the tasks are asked for, which srun only passes on.
    asked = next((step.at for step in tasks.trail if step.how in (How.HEADER, How.OPTION)), None)
    for event in trainers(process):
        yield Finding(
            when=(tasks > 1) & each.absent,
            at=asked or near(tasks, launch),
            because=((f"the {event.method} is made here", event), ("the tasks are started here", launch)),
            tasks=tasks,
        )
        return
