from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.loader_workers import loaders
from dtlint.value import FALSE, TRUE

OPEN_MPI = ("-x", "--mca", "--allow-run-as-root", "--tag-output", "--report-bindings", "--display-map")
"""Options that MPICH's launcher does not have."""
OTHERWISE = ("--bind-to", "--map-by", "--bind-to-core", "--bind-to-socket", "--bycore", "--cpus-per-proc",
             "--cpus-per-rank", "--cpu-set", "--cpu-list", "--use-hwthread-cpus", "--rankfile", "--app",
             "--oversubscribe", "--tune", "--rank-by")  # fmt: skip
"""Options under which a process may be bound in another way."""
BOUND = 2
"""Up to so many processes in all are bound to one core each, more of them to a NUMA domain."""
THREADS_OF_A_CORE = 2


def check(run: Run):
    for launch in run.launches:
        step = launch.parent
        if step is not None and step.tool == "mpirun" and launch.per_host:
            yield Finding(
                when=bound(step) & (launch.per_node > 1),
                at=step,
                because=(("all processes of the node are started here", launch), step.total, launch.per_node),
                total=step.total,
                load=f"{launch.tool} starts {launch.per_node} processes on it",
            )
    for world in run.worlds:
        step = world.first
        for loader, workers in loaders(world)[:1] if step.tool == "mpirun" else ():
            yield Finding(
                when=bound(step) & (workers > THREADS_OF_A_CORE),
                at=step,
                because=(("each process makes this loader", loader), step.total, workers),
                total=step.total,
                load=f"each loads data with {workers} workers",
            )


def bound(step):
    """Each process of this mpirun, which is surely Open MPI's, may use one core."""
    options, environment = step.options, step.environment
    told = [value.string or "bind" for value in options.values("--mca")]
    tuned = any("bind" in word or "map" in word for word in told) or any("MCA" in name for name in environment)
    if tuned or options.hidden or not any(options.has(name) for name in OPEN_MPI):
        return FALSE
    free = TRUE
    for name in OTHERWISE:
        free = free & options.value(name).absent
    return free & (step.total > 0) & (step.total <= BOUND)
