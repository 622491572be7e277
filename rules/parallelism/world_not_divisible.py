from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    if not plan.data.is_absent or plan.world_size.is_absent:
        return
    degrees = [degree for degree in (plan.tensor, plan.pipeline, plan.context) if not degree.is_absent]
    size = plan.world_size
    yield Finding(
        when=(size % plan.replica != 0) & (plan.replica > 1),
        at=size if size.trail else plan,
        because=degrees,
        size=size,
        degrees=" * ".join(str(degree) for degree in degrees),
        replica=plan.replica,
    )
