from dtlint.job.nccl import NAMES
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE

OF_ALL = NAMES | {"CUDA_VISIBLE_DEVICES"}
"""Read by what any launcher starts."""
OF_STARTERS = ("NPROC_PER_NODE", "NNODES", "NODE_RANK", "FORCE_TORCHRUN")
STARTERS = ("swift", "megatron", "llamafactory-cli")
"""Programs that read these and start torchrun."""


def check(run: Run):
    if run.allocation is not None or run.workloads:
        return
    exported = {setting.name for setting in run.settings if setting.exported}
    for setting in run.settings:
        if setting.exported or setting.name in exported or not setting.value.known:
            continue
        command = reader(run, setting)
        if command is not None and not used(run, setting):
            yield Finding(
                when=TRUE,
                at=setting.at,
                because=(("started here", command),),
                name=setting.name,
                command=command.argv[0].string,
            )


def reader(run, setting):
    """The first command behind it in the same file that would read it, if nobody sets it for that one."""
    started = {launch.exec.at for launch in run.launches}
    for exec in run.commands:
        if exec.at.path == setting.at.path and exec.argv[0].string is None:
            return None  # it may be `export`
        after = exec.at.path == setting.at.path and exec.at.start > setting.at.start
        name = exec.argv[0].string or ""
        reads = (setting.name in OF_ALL and exec.at in started) or (
            setting.name in OF_STARTERS and name.rpartition("/")[2] in STARTERS
        )
        if after and reads:
            return None if exec.environment.set(setting.name) or exec.branches else exec
    return None


def used(run, setting):
    """The shell puts it into a word of a command."""
    places = (piece.at for exec in run.commands for word in exec.argv for piece in word.pieces)
    trails = (step.at for exec in run.commands for word in exec.argv for step in word.trail)
    return any(place.overlaps(setting.at) for place in (*places, *trails))
