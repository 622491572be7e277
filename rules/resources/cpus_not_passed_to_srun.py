from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import truth


def check(launch: Launch):
    if launch.tool != "srun" or launch.allocation is None or launch.allocation.at == launch.at:
        return
    asked, passed = launch.allocation.cpus_per_task, launch.options.value("--cpus-per-task")
    variable = truth(launch.environment.closed and not launch.environment.set("SRUN_CPUS_PER_TASK"))
    # A step of one task per node may use all CPUs of the job there: srun(1), --exact.
    yield Finding(
        when=(launch.per_node > 1) & (asked > 1) & passed.absent & variable,
        at=launch,
        because=(asked,),
        asked=asked,
    )
