from dtlint.job.world import World
from dtlint.rule import Finding, near


def check(world: World):
    step = world.first
    granted = step.allocation
    if step.tool != "srun" or granted is None or granted.scheduler != "slurm" or granted.at == step.at:
        return
    if any(step.options.has(name) for name in ("--ntasks", "--nodes", "--ntasks-per-node")) or step.options.hidden:
        return
    asked, each = granted.tasks, granted.tasks_per_node
    if asked.is_absent or each.is_absent or granted.header is None or not granted.header.has("--nodes"):
        return
    yield Finding(
        when=(asked < granted.nodes * each) & (granted.nodes > 0) & (each > 0) & (asked > 0) & (step.total == asked),
        at=near(asked, step),
        because=(granted.nodes, each, ("the tasks are started here", step)),
        asked=asked,
        nodes=granted.nodes,
        each=each,
        meant=granted.nodes * each,
    )
