from dtlint.job.joining import joinings
from dtlint.job.run import Run
from dtlint.rule import Finding


def check(run: Run):
    for workload in run.workloads:
        world = next((world for world in run.worlds if world.first is workload.launch), None)
        joining = next((one for process in world.processes for one in joinings(process)), None) if world else None
        # The launch of the workload itself: nothing stands between the operator and the script.
        if joining is None or workload.slots.is_absent or any(child.run for child in spawned(run, world)):
            continue
        told = workload.slots.as_int()
        yield Finding(
            when=(told > 1) & (joining.size == world.size * told) & (joining.size > world.size),
            at=workload.slots,
            because=(("each pod starts this one process", joining.process), ("and waits here", joining.event)),
            told=told,
            pods=world.size,
            size=joining.size,
        )


def spawned(run, world):
    return [process for process in run.processes if process.spawned_by in world.processes]
