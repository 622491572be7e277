from dtlint.job.world import World
from dtlint.rule import Finding, near
from dtlint.value import absent

LOADER = "torch.utils.data.DataLoader"
FOR_EACH_CPU = 2
"""Workers that share a CPU: they wait for files for some of the time, so that a few more than CPUs do no harm."""


def check(world: World):
    run = next((process.run for process in world.processes if process.run is not None), None)
    if run is None or run.truncated or world.first.tool == "presumed":
        return
    granted = cpus(world)
    made = [(event, event.argument("num_workers")) for event in run.called(LOADER) if event.surely]
    known = [(event, workers) for event, workers in made if workers.integer is not None]
    if granted.is_absent or not known:
        return
    loader, workers = max(known, key=lambda pair: pair[1].integer)
    total = workers * world.per_node
    yield Finding(
        when=(total > granted * FOR_EACH_CPU) & (granted > 0) & (world.per_node > 0),
        at=near(workers, loader),
        because=(granted, world.per_node, ("each process makes this loader", loader)),
        workers=workers,
        processes=world.per_node,
        total=total,
        granted=granted,
    )


def cpus(world):
    """CPUs of one host that all its processes share; absent where nothing says it."""
    launch = world.first
    host = world.processes[0].host
    if host.container is not None:
        return host.container.cpus
    allocation = launch.allocation
    if allocation is None or allocation.scheduler != "slurm" or not allocation.cpus_otherwise.is_absent:
        return absent()
    step = next((above for above in launch.chain() if above.tool == "srun"), None)
    if step is not None and not step.options.value("--cpus-per-task").is_absent:
        return step.options.value("--cpus-per-task").as_int() * step.per_node
    if step is not None or allocation.tasks_per_node.is_absent:
        return absent()
    return allocation.cpus_per_task * allocation.tasks_per_node
