from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.value import absent, known


def check(run: Run):
    for workload in run.workloads:
        if workload.gpus.is_absent:
            continue
        for process in run.processes:
            if process.run is None or process.spawned_by is not None or process.host not in workload.hosts:
                continue
            for event in process.run.called("ray.train.ScalingConfig"):
                workers, each = event.argument("num_workers"), gpus_each(event)
                if workers.is_absent or each.is_absent or not event.surely:
                    continue
                needed = workers * each
                yield Finding(
                    when=needed > workload.gpus,
                    at=near(workers, event),
                    because=(each, workload.gpus),
                    workers=workers,
                    each=each,
                    needed=needed,
                    offered=workload.gpus,
                    cluster=str(workload.name),
                    fitting=workload.gpus // each,
                )


def gpus_each(event):
    """GPUs that one worker takes."""
    said = event.argument("resources_per_worker").field("GPU")
    if not said.is_absent:
        return said
    uses = event.argument("use_gpu")
    return known(1, *uses.trail) if uses.options == (True,) else absent()
