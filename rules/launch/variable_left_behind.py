from dtlint.job.joining import joinings
from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE

OF_EVERY_LOGIN = ("HOME", "USER", "LOGNAME", "SHELL", "PATH", "LD_LIBRARY_PATH", "LANG", "PWD", "TERM", "HOSTNAME")


CONTAINERS = ("apptainer", "singularity")


def check(run: Run):
    # A file that the run writes may list what deepspeed hands on.
    if any((written.path.string or ".deepspeed_env").endswith(".deepspeed_env") for written in run.written):
        return
    for process in run.processes:
        yield from missed(process, run)


def missed(process: Process, job: Run):
    run, launch = process.run, process.launch
    if run is None or launch is None or run.sets_unknown_names:
        return
    above = next((each for each in launch.chain() if each.spreads), launch)
    needed = [
        (read.name, read.at)
        for read in run.reads
        if read.required and read.default.is_absent and not read.branches and read.value.is_unknown
    ]
    needed += [(name, joining.event.at) for joining in joinings(process) for name in joining.needs]
    written = {write.name for write in run.writes}
    for name, at in needed:
        value = process.environment.left_behind(name)
        if name in written or name in OF_EVERY_LOGIN or value.is_absent:
            continue
        # What a line of the shell gave it is there, whatever it is.
        there = TRUE if value.trail else ~value.absent
        yield Finding(
            when=(above.nodes > 1) & there,
            at=at,
            because=(("started here", above), value),
            variable=name,
            tool=contained(process, job) or above.called,
        )
        return


def contained(process, job):
    """The container that starts the process with none of the variables around it; empty where there is none."""
    around = (launch for launch in job.launches if launch.tool in CONTAINERS and launch.options.has("--cleanenv"))
    return next((one.tool for one in around if any(each.argv == process.exec.argv for each in one.children)), "")
