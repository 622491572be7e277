from dtlint.job.run import Run
from dtlint.rule import Finding, near

NAME = "JOB_COMPLETION_INDEX"


def check(run: Run):
    for workload in run.workloads:
        mode = workload.record.field("spec").field("completionMode")
        place = wanted(run, workload) if workload.kind == "Job" else None
        if place is not None:
            yield Finding(
                when=(mode.absent | (mode == "NonIndexed")) & (workload.groups[0].count > 1),
                at=place,
                because=(("the Job", workload), workload.groups[0].count),
                name=NAME,
                pods=workload.groups[0].count,
            )


def wanted(run, workload):
    """Where a pod asks for its index, which nothing sets there."""
    for launch in run.launches:
        given = launch.environment
        if workload.launch in launch.chain()[1:] and not given.set(NAME) and launch.node_rank.same(given.get(NAME)):
            return near(launch.node_rank, launch)
    for process in run.processes:
        below = process.launch is not None and workload.launch in process.launch.chain()
        for read in process.run.reads if below and process.run is not None else ():
            if read.name == NAME and read.required and not read.branches and not process.environment.set(NAME):
                return read
    return None
