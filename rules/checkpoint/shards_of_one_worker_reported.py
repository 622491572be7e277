from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.ray_shards import lost_shards
from dtlint.value import known


def check(plan: Plan):
    process = plan.process
    launch = process.launch if process is not None else None
    if process is None or process.run is None or launch is None or launch.tool != "ray":
        return
    for one in lost_shards(process.run):
        yield Finding(
            when=(plan.zero_stage > known(0)) & (launch.total > 1),
            at=one.reported,
            because=(
                ("each worker writes its part here", one.save),
                ("only where the rank is 0", one.fork),
                plan.zero_stage,
                launch.total,
            ),
            stage=plan.zero_stage,
            workers=launch.total,
        )
