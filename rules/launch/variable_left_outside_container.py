from dtlint.job.joining import joinings
from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import TRUE

EVERYWHERE = ("HOME", "USER", "LOGNAME", "SHELL", "PATH", "LD_LIBRARY_PATH", "LANG", "PWD", "TERM", "HOSTNAME")


def check(process: Process):
    run, container = process.run, process.host.container
    if run is None or container is None or container.options is None or run.sets_unknown_names:
        return
    if container.options.hidden or not process.environment.closed:
        return
    needed = [
        (read.name, read.at)
        for read in run.reads
        if read.required and read.default.is_absent and not read.branches
    ]
    needed += [(name, joining.event.at) for joining in joinings(process) for name in joining.needs]
    written = {write.name for write in run.writes}
    for name, at in needed:
        value = container.outside.get(name)
        if value is None or not value.trail or name in written or name in EVERYWHERE or process.environment.set(name):
            continue
        yield Finding(
            when=TRUE,
            at=at,
            because=((f"{name} is exported here", value), ("the container is started here", container.at)),
            name=name,
        )
