from dtlint.job.joining import joinings
from dtlint.job.run import Run
from dtlint.rule import Finding, near


def check(run: Run):
    for workload in run.workloads:
        if workload.release.is_absent or not workload.outside:
            continue
        other = workload.outside[0]
        process = next((one for one in run.processes if one.launch is workload.launch and one.run is not None), None)
        joining = next(joinings(process), None) if process is not None else None
        if joining is None:
            continue
        yield Finding(
            when=(joining.size == workload.pods) & (other.count > 0),
            at=near(other.count, other),
            because=(workload.release, ("these processes wait for it", joining.event)),
            size=joining.size,
            release=workload.release,
            task=other.role,
            started=workload.meeting,
        )
