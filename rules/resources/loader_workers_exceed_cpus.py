from dtlint.job.world import World
from dtlint.rule import Finding, near
from dtlint.run.loader_workers import loaders
from dtlint.value import absent

FOR_EACH_CPU = 2
"""Workers that share a CPU: they wait for files for some of the time, so that a few more than CPUs do no harm."""


def check(world: World):
    made = loaders(world) if world.first.tool != "presumed" else []
    granted = cpus(world) if made else absent()
    if granted.is_absent:
        return
    loader, workers = made[0]
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
    if allocation.tasks_per_node.is_absent:
        return absent()
    # A step without the option gets what the job asked for at most: in two releases it is one CPU for each task.
    return allocation.cpus_per_task * allocation.tasks_per_node
