from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.loader_workers import loaders

THREADS_OF_A_CORE = 2
OPTIONS = ("--cpus-per-gpu", "--exclusive", "--overcommit", "--cpu-bind", "--hint", "--whole", "--threads-per-core",
           "--ntasks-per-core", "--ntasks-per-socket", "--tres-per-task", "--extra-node-info")  # fmt: skip
VARIABLES = ("SRUN_CPUS_PER_TASK", "SLURM_CPUS_PER_GPU", "SLURM_CPU_BIND", "SLURM_CPU_BIND_TYPE", "SLURM_EXCLUSIVE",
             "SLURM_HINT", "SLURM_OVERCOMMIT", "SLURM_THREADS_PER_CORE", "SLURM_WHOLE")  # fmt: skip
BINDING = frozenset({"hwloc-bind", "numactl", "taskset"})


def check(world: World):
    step = world.first
    granted = step.allocation
    if step.tool != "srun" or granted is None or granted.at == step.at or binds(step):
        return
    asked, passed = granted.cpus_per_task, step.options.value("--cpus-per-task").as_int()
    one = (asked.absent | (asked == 1)) & (passed.absent | (passed == 1)) & granted.cpus_otherwise.absent
    for name in OPTIONS:
        one = one & step.options.value(name).absent
    for loader, workers in loaders(world):
        yield Finding(
            when=one & (step.per_node > 1) & (workers > THREADS_OF_A_CORE),
            at=step,
            because=(("each process makes this loader", loader), workers, asked, passed),
            tasks=step.per_node,
            workers=workers,
        )
        return


def binds(step):
    """Something else may give the tasks more CPUs."""
    environment = step.environment
    counted = environment.get("SLURM_CPUS_PER_TASK")
    program = step.options.rest[0].string if step.options.rest else None
    return (
        not environment.closed
        or any(environment.set(name) for name in VARIABLES)
        # srun reads it before 22.05 and since 23.11; the header's own option sets it too.
        or not (counted.is_absent or counted.as_int().integer == 1)
        or program is None
        or program.rpartition("/")[2] in BINDING
    )
