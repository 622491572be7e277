from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    size = plan.world_size
    if not plan.data.is_absent or size.is_absent:
        return
    degrees = [degree for degree in (plan.tensor, plan.pipeline, plan.context) if not degree.is_absent]
    whole = size % plan.replica == 0
    yield Finding(
        when=~whole & (plan.replica > 1),
        at=size if size.trail else plan,
        because=degrees,
        size=size,
        parts="replicas",
        degrees=" * ".join(str(degree) for degree in degrees),
        replica=plan.replica,
    )
    experts = plan.expert_replica
    if not experts.is_absent:
        degrees = [plan.expert_tensor, plan.expert, *(() if plan.pipeline.is_absent else (plan.pipeline,))]
        yield Finding(
            when=whole & (size % experts != 0),
            at=plan.expert if plan.expert.trail else plan,
            because=(*degrees, size),
            size=size,
            parts="copies of the experts",
            degrees=" * ".join(str(degree) for degree in degrees),
            replica=experts,
        )
