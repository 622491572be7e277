from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.value import known


def check(plan: Plan):
    given = [layers for layers in (plan.first_stage, plan.last_stage) if not layers.is_absent]
    left, stages = plan.layers_in_all, plan.pipeline.or_default(known(1))
    if left.is_absent or not given:
        return
    for layers in given:
        left, stages = left - layers, stages - 1
    none = (stages < 0) | ((stages == 0) & (left != 0))
    uneven = (stages > 0) & ((left <= 0) | (left % stages != 0))
    yield Finding(
        when=none | uneven,
        at=given[-1] if given[-1].trail else plan,
        because=(*given[:-1], plan.layers_in_all, plan.pipeline),
        left=left,
        layers=plan.layers_in_all,
        why=reason(stages.integer or 0),
    )


def reason(others):
    if others < 0:
        return "and the only pipeline stage is given its layers twice"
    if others == 0:
        return "and no other pipeline stage is there to take them"
    return f"which {others} other pipeline stages cannot share evenly"
