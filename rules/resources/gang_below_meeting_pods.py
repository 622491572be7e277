from dtlint.job.run import Run
from dtlint.rule import Finding, near


def check(run: Run):
    for workload in run.workloads:
        minimum, needed = workload.minimum.as_int(), workload.meeting
        if needed.is_absent:
            needed = told(run, workload)
        if minimum.is_absent or needed.is_absent:
            continue
        yield Finding(
            when=(minimum > 0) & (minimum < needed),
            at=near(minimum, workload),
            because=(needed,),
            minimum=minimum,
            needed=needed,
        )


def told(run, workload):
    """Nodes that a launcher in the pods is told to wait for."""
    started = [launch for launch in run.launches if launch.parent is workload.launch and not launch.spreads]
    static = [launch for launch in started if launch.rendezvous.kind == "static" and launch.nodes.known]
    return static[0].nodes if static else workload.meeting
