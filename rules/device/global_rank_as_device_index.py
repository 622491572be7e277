from dtlint.job.process import Process
from dtlint.mend import Imported, whole
from dtlint.rule import Finding
from dtlint.run.devices import by_global_rank, global_rank, uses

PLACE = r"(device_ids=\[|(?:device|device_id|output_device)=)?(?:\w*rank|[\w.]*dist\w*\.get_rank\(\))(\]?)"
LOCAL_RANK = r'\1int(os.environ["LOCAL_RANK"])\2'


def check(process: Process):
    run, world, launch = process.run, process.world, process.launch
    if run is None or world is None or launch is None or process.node == 0:
        return
    rank = global_rank(process)
    # Where each host is told its node rank from outside, some host is the last one all the same.
    index, who = (rank, process.label) if rank.known else (world.size - 1, f"rank {world.size - 1}")
    visible, started = process.visible_gpus, world.per_node
    for use in uses(run):
        if not use.event.surely or not by_global_rank(use, process):
            continue
        beyond, granted = index >= visible, f"{visible} GPUs"
        if launch.one_gpu_each and not beyond.surely:
            # Who starts two or more processes on each node is presumed to have that many GPUs there.
            beyond, granted = (started >= 2) & (index >= started), f"{started} processes with a GPU each"
        yield Finding(
            when=(world.nodes > 1) & beyond,
            at=use.at,
            because=(visible, world.nodes, started),
            edits=local(process) if process.environment.set("LOCAL_RANK") else (),
            process=who,
            index=index,
            granted=granted,
        )
        return


def local(process):
    """The local rank in every place where the rank chooses a GPU."""
    places = sorted({use.at for use in uses(process.run) if by_global_rank(use, process)})
    files = sorted({at.path for at in places})
    return [*(Imported(path, "os") for path in files), *(whole(at, PLACE, LOCAL_RANK) for at in places)]
