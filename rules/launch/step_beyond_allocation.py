from dtlint.job.launch import Launch
from dtlint.rule import Finding, near


def check(launch: Launch):
    granted = launch.allocation
    if launch.tool != "srun" or granted is None or granted.scheduler != "slurm" or granted.at == launch.at:
        return
    # A step of another job, or of all parts of one that has several.
    if any(not launch.options.value(name).is_absent for name in ("--jobid", "--het-group")):
        return
    asked = launch.options.value("--nodes").as_int()
    yield Finding(
        when=(asked > granted.nodes) & (granted.nodes > 0),
        at=near(asked, launch),
        because=(granted.nodes,),
        asked=asked,
        granted=granted.nodes,
    )
