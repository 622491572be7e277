from dtlint.job.joining import joinings
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.lightning import interactive, trainers
from dtlint.value import truth

REACHING = frozenset({"clush", "ibrun", "parallel", "pdsh", "pssh", "rsh", "ssh", "xargs"})


def check(run: Run):
    if run.allocation is None or run.allocation.scheduler != "slurm" or not run.complete:
        return
    reached = any((exec.argv[0].string or "ssh").rpartition("/")[2] in REACHING for exec in run.commands)
    launched = {process.script for process in run.processes if process.launch is not None}
    for process in run.processes:
        alone = process.launch is None and process.spawned_by is None and process.script not in launched
        if reached or not alone or process.run is None or process.run.children or process.run.subprocesses:
            continue
        tasks = process.variable("SLURM_NTASKS").as_int()
        for event, what, when in waiting(process, tasks):
            yield Finding(
                when=when & (tasks > 1),
                at=process,
                because=(("it waits here", event), tasks),
                what=what,
                tasks=tasks,
            )
            return


def waiting(process, tasks):
    """Where the process waits for as many as Slurm has tasks."""
    for joining in joinings(process):
        yield joining.event, "init_process_group", truth(joining.size.same(tasks)) & ~joining.rank.absent
    for event in trainers(process) if not interactive(process) else ():
        yield event, event.method, ~process.variable("SLURM_NTASKS_PER_NODE").absent
