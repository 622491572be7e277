from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.lightning import interactive, trainers


def check(process: Process):
    launch = process.launch
    if launch is None or launch.tool != "srun" or not process.environment.closed or interactive(process):
        return
    tasks, each = process.variable("SLURM_NTASKS").as_int(), process.variable("SLURM_NTASKS_PER_NODE")
    for event in trainers(process):
        yield Finding(
            when=(tasks > 1) & each.absent,
            at=near(tasks, launch),
            because=((f"the {event.method} is made here", event),),
            tasks=tasks,
        )
        return
