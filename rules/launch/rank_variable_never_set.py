from dtlint.job.joining import joinings
from dtlint.job.process import Process
from dtlint.rule import Finding

OF_LAUNCHERS = (
    "RANK",
    "LOCAL_RANK",
    "WORLD_SIZE",
    "LOCAL_WORLD_SIZE",
    "GROUP_RANK",
    "MASTER_ADDR",
    "MASTER_PORT",
    "HOROVOD_RANK",
    "HOROVOD_LOCAL_RANK",
    "OMPI_COMM_WORLD_RANK",
    "OMPI_COMM_WORLD_LOCAL_RANK",
    "OMPI_COMM_WORLD_SIZE",
)


def check(process: Process):
    if process.run is None:
        return
    needed = [
        (read.name, read.value, read.at)
        for read in process.run.reads
        if read.required and read.default.is_absent and not read.branches
    ]
    needed += [
        (name, process.variable(name), joining.event.at) for joining in joinings(process) for name in joining.needs
    ]
    launcher = process.launch.tool if process.launch is not None else "plain python"
    for name, value, at in needed:
        if name in OF_LAUNCHERS and value.is_absent:
            yield Finding(
                when=value.absent, at=at, because=(("started here", process),), variable=name, launcher=launcher
            )
            return
