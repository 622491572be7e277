from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    if plan.data.is_absent or plan.world_size.is_absent:
        return
    degrees = (("data", plan.data), ("context", plan.context), ("tensor", plan.tensor), ("pipeline", plan.pipeline))
    product, size = plan.data * plan.replica, plan.world_size
    yield Finding(
        when=(product != size) & (size > 0) & (product > 0),
        at=plan.data if plan.data.trail else plan,
        because=(plan.replica, size),
        degrees=" * ".join(f"{name} {degree}" for name, degree in degrees if not (degree == 1).always),
        product=product,
        size=size,
    )
