from dtlint.job.plan import Plan
from dtlint.rule import Finding


def check(plan: Plan):
    layers, chunk = plan.layers_of_stage, plan.layers_of_virtual_stage
    if layers.is_absent or chunk.is_absent:
        return
    yield Finding(
        when=(layers % chunk != 0) & (chunk > 0),
        at=chunk if chunk.trail else plan,
        because=(layers, plan.pipeline),
        stages=plan.pipeline,
        layers=layers,
        chunk=chunk,
    )
