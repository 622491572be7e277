from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.loader_workers import loaders
from dtlint.value import FALSE, TRUE, every

OPEN_MPI = ("-x", "--mca", "--allow-run-as-root", "--tag-output", "--report-bindings", "--display-map")
"""Options that MPICH's launcher does not have."""
OTHERWISE = ("--bind-to", "--map-by", "--bind-to-core", "--bind-to-socket", "--bycore", "--cpus-per-proc",
             "--cpus-per-rank", "--cpu-set", "--cpu-list", "--use-hwthread-cpus", "--rankfile", "--app",
             "--oversubscribe", "--tune", "--rank-by")  # fmt: skip
"""Options under which a process may be bound in another way."""
WIDER = tuple(name for name in OTHERWISE if name not in ("--bind-to", "--map-by", "--rank-by", "--oversubscribe"))
"""Those by which a process that is bound to cores may have several."""
CORES = ("core", "core:overload-allowed", "core:if-supported")
BOUND = 2
"""Up to so many processes in all are bound to one core each, more of them to a NUMA domain."""
THREADS_OF_A_CORE = 2


def check(run: Run):
    for launch in run.launches:
        step = launch.parent
        if step is not None and step.tool == "mpirun" and launch.per_host:
            load = f"{launch.tool} starts {launch.per_node} processes on it"
            places = [("all processes of the node are started here", launch), step.total, launch.per_node]
            yield from findings(step, launch.per_node > 1, load, places)
    for world in run.worlds:
        step = world.first
        for loader, workers in loaders(world)[:1] if step.tool == "mpirun" else ():
            load = f"each loads data with {workers} workers"
            places = [("each process makes this loader", loader), step.total, workers]
            yield from findings(step, workers > THREADS_OF_A_CORE, load, places)


def findings(step, much, load, places):
    told = step.options.value("--bind-to")
    yield Finding(
        when=bound(step) & much, at=step, because=places, reason=f"starts {step.total} and so binds", load=load
    )
    yield Finding(
        when=told_to_bind(step) & much,
        at=near(told, step),
        because=places,
        reason=f"is told --bind-to {told} and binds",
        load=load,
    )


def told_to_bind(step):
    """Its command says that each process is bound to one core, whatever MPI's launcher it is."""
    told, mapped = step.options.value("--bind-to"), step.options.value("--map-by")
    if step.options.hidden or told.string not in CORES or any("MCA" in name for name in step.environment):
        return FALSE
    if any("map" in (value.string or "map") for value in step.options.values("--mca")):
        return FALSE
    if not mapped.is_absent and (mapped.string is None or "pe=" in mapped.string.lower()):
        return FALSE
    return every(step.options.value(name).absent for name in WIDER)


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
