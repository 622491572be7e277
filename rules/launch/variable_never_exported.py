from dtlint.job.nccl import NAMES
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.environment import is_owned
from dtlint.value import TRUE, How

OF_ALL = NAMES | {"CUDA_VISIBLE_DEVICES"}
"""Read by what any launcher starts."""
OF_STARTERS = ("NPROC_PER_NODE", "NNODES", "NODE_RANK", "FORCE_TORCHRUN")
STARTERS = ("swift", "megatron", "llamafactory-cli")
"""Programs that read these and start torchrun."""
EXPORTED_BEFORE = frozenset(
    ("CUDA_VISIBLE_DEVICES", "CUDA_HOME", "CONDA_PREFIX", "HOME", "HOSTNAME", "LANG", "LD_LIBRARY_PATH", "LOGNAME",
     "PATH", "PWD", "PYTHONPATH", "SHELL", "TERM", "TMPDIR", "USER", "VIRTUAL_ENV")
)  # fmt: skip
"""A login, a module or a scheduler may have exported these, and what a shell then gives them is exported too."""


def check(run: Run):
    exported = {setting.name for setting in run.settings if setting.exported}
    alone = [setting for setting in run.settings if not setting.exported and setting.name not in exported]
    if run.allocation is None and not run.workloads:
        for setting in alone:
            command = reader(run, setting) if setting.value.known else None
            if command is not None and not used(run, setting):
                yield finding(setting, command, ("started here", command))
    for setting in alone:
        if setting.name not in EXPORTED_BEFORE and not is_owned(setting.name) and not defaulted(setting):
            yield from missed(run, setting)


def finding(setting, command, *because):
    return Finding(when=TRUE, at=setting.at, because=because, name=setting.name, command=command.argv[0].string)


def reader(run, setting):
    """The first command behind it in the same file that would read it, if nobody sets it for that one."""
    started = {launch.exec.at for launch in run.launches}
    for exec in run.commands:
        if exec.at.path == setting.at.path and exec.argv[0].string is None:
            return None  # it may be `export`
        name = exec.argv[0].string or ""
        reads = (setting.name in OF_ALL and exec.at in started) or (
            setting.name in OF_STARTERS and name.rpartition("/")[2] in STARTERS
        )
        if behind(exec, setting) and exec.at.path == setting.at.path and reads:
            return None if exec.environment.set(setting.name) or exec.branches else exec
    return None


def used(run, setting):
    """The shell puts it into a word of a command."""
    places = (piece.at for exec in run.commands for word in exec.argv for piece in word.pieces)
    trails = (step.at for exec in run.commands for word in exec.argv for step in word.trail)
    return any(place.overlaps(setting.at) for place in (*places, *trails))


def defaulted(setting):
    """Whoever exports it before has another value."""
    return any(step.how is How.DEFAULT and step.at.overlaps(setting.at) for step in setting.value.trail)


def behind(exec, setting):
    """It is not surely started before the line was reached."""
    return exec.at.path != setting.at.path or exec.at.start > setting.at.start


def missed(run, setting):
    """A text that another shell runs, or a program, which asks for what the line alone sets.

    Only of shells whose start was read: at a terminal the same name may have been exported before.
    """
    for exec in run.commands:
        starter = exec.within
        if starter is None or not exec.environment.closed or not behind(starter, setting):
            continue
        hole = exec.environment.get(setting.name)
        word = next((word for word in exec.argv if holds(word, hole)), None)
        if word is not None and not unread(run, exec, setting):
            yield finding(setting, starter, ("asked for here", word), ("started here", starter))
            return
    for process in run.processes:
        read = needed(process, setting.name)
        if read is not None and behind(process.exec, setting) and not unread(run, process.exec, setting):
            yield finding(setting, process.exec, ("asked for here", read.at), ("started here", process))
            return


def needed(process, name):
    """Where its script reads the variable and cannot do without; None where it does not, or may set it itself."""
    run = process.run
    if run is None or run.sets_unknown_names or not process.environment.closed:
        return None
    hole = process.environment.get(name)
    asked = (read for read in run.reads if read.name == name and read.required and not read.branches)
    return next((read for read in asked if read.default.is_absent and hole.is_unknown and read.value.same(hole)), None)


def unread(run, exec, setting):
    """A command whose name is not known may be an `export`, in the shell of the line or in that of the command."""
    return any(
        other.argv[0].string is None and (other.within is exec.within or other.at.path == setting.at.path)
        for other in run.commands
    )


def holds(word, hole):
    contents = (piece.content for piece in word.pieces if not isinstance(piece.content, str))
    return hole.is_unknown and any(hole.same(content) for content in contents)
