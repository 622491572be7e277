from dtlint.job.launch import Launch
from dtlint.rule import Finding


def check(launch: Launch):
    above = launch.parent
    if above is None or above.tool not in ("srun", "mpirun") or not launch.spreads or not launch.ranks:
        return
    if launch.tool not in ("mpirun", "horovodrun", "deepspeed"):
        return
    # deepspeed on its own host is a launcher of one node, which each node may have for itself.
    tasks = above.total if launch.tool != "deepspeed" or (launch.nodes > 1).always else above.per_node
    yield Finding(
        when=(tasks > 1) & (launch.total > 1),
        at=launch,
        because=(*((("its tasks are started here", above),) if launch.at != above.at else ()), tasks),
        tool=launch.tool,
        tasks=tasks,
        above=above.tool,
        total=launch.total,
    )
