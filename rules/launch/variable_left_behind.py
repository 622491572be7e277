from dtlint.job import clean_container
from dtlint.job.joining import joinings
from dtlint.job.launch import Launch
from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE, truth

OF_EVERY_LOGIN = ("HOME", "USER", "LOGNAME", "SHELL", "PATH", "LD_LIBRARY_PATH", "LANG", "PWD", "TERM", "HOSTNAME")

SUBMITTER = "sbatch"
"""Who kept it from the whole job, where no launcher in it had it."""

WAYS = {
    "deepspeed": "a line in .deepspeed_env",
    "srun": "`srun --export=ALL,…`",
    "apptainer": "`--env {variable}=…`",
    "singularity": "`--env {variable}=…`",
    SUBMITTER: "`sbatch --export=ALL,…`",
    "ssh": "write it in front of the command, `ssh host {variable}=… …`",
}
OTHERWISE = "`mpirun -x {variable}`"


def check(run: Run):
    # A file that the run writes may list what deepspeed hands on.
    if any((written.path.string or ".deepspeed_env").endswith(".deepspeed_env") for written in run.written):
        return
    for launch in run.launches:
        yield from lost_words(launch)
    for process in run.processes:
        yield from missed(process, run)


def lost_words(launch: Launch):
    """Words of a launcher's command that the shell of a task fills in with a variable which it no longer has."""
    found = launch.environment
    for name in found.left:
        value = found.left_behind(name)
        if not value.trail or name in OF_EVERY_LOGIN:
            continue
        hole = found.get(name)
        word = next((word for word in launch.exec.argv if any(hole.same(piece.content) for piece in word.pieces
                     if not isinstance(piece.content, str))), None)  # fmt: skip
        if word is not None:
            yield finding(launch, launch.parent, name, word, value)
            return


def finding(launch, starter, name, at, value, called=""):
    chain = starter.chain() if starter else ()
    above = next((each for each in chain if each.spreads), launch)
    holder = next((each for each in chain if each.exec.environment.set(name)), None)
    slurm = above.allocation is not None and above.allocation.scheduler == "slurm"
    tool = called or (SUBMITTER if holder is None and slurm else (holder or above).called)
    # What a line of the shell gave it is there, whatever it is.
    there = TRUE if value.trail else ~value.absent
    return Finding(
        when=((above.nodes > 1) | truth(above.tool in ("srun", "ssh") or tool == SUBMITTER)) & there,
        at=at,
        because=(("started here", above), value),
        variable=name,
        tool=tool,
        way=WAYS.get(tool, OTHERWISE).format(variable=name),
    )


def missed(process: Process, job: Run):
    run, launch = process.run, process.launch
    if run is None or launch is None or run.sets_unknown_names:
        return
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
        yield finding(launch, launch, name, at, value, clean_container.starter(process, job))
        return

