from dtlint.job.run import Run
from dtlint.rule import Finding

REACHING = frozenset(
    {"blaunch", "charmrun", "clush", "dask", "dask-ssh", "parallel", "pdsh", "pssh", "ray", "rsh", "sbcast", "xargs"}
)
"""Programs that may start something on other nodes, beside the launchers that are followed."""


def check(run: Run):
    granted = run.allocation.nodes if run.allocation is not None else None
    if granted is None or run.allocation.scheduler != "slurm" or not run.complete:
        return
    scripts = {path.rpartition("/")[2] for path in run.files}
    if any(launch.spreads for launch in run.launches) or any(reaches(exec, scripts) for exec in run.commands):
        return
    # So may a script that starts programs, and one of which nobody tells which it is.
    if any(process.hidden or (process.run is not None and process.run.subprocesses) for process in run.processes):
        return
    for world in run.worlds:
        launch = world.first
        if launch.per_host and not launch.per_host_copies:
            yield Finding(
                when=(granted > 1) & (launch.nodes == 1),
                at=launch,
                because=(granted, launch.nodes),
                tool=launch.tool,
                granted=granted,
            )


def reaches(exec, scripts):
    """It may, by its name or because nobody can read what it is."""
    name = exec.argv[0].string
    if name is None:
        return True
    program = name.rpartition("/")[2]
    return program in REACHING or (program.endswith(".sh") and program not in scripts)
