from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import global_rank
from dtlint.run.horovod import listed_by_rank


def check(process: Process):
    run, world, launch = process.run, process.world, process.launch
    if run is None or world is None or launch is None or process.node == 0:
        return
    rank, event = global_rank(process), listed_by_rank(run)
    if event is None or not rank.known:
        return
    visible, started = process.visible_gpus, world.per_node
    beyond, granted = rank >= visible, f"{visible} GPUs"
    if launch.one_gpu_each and not beyond.surely:
        # Who starts two or more processes on each node is presumed to have that many GPUs there.
        beyond, granted = (started >= 2) & (rank >= started), f"{started} processes with a GPU each"
    yield Finding(
        when=(world.nodes > 1) & beyond,
        at=event,
        because=(visible, world.nodes, started),
        process=process.label,
        index=rank,
        granted=granted,
    )
