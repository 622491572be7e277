from dtlint.job.plan import Plan
from dtlint.rule import Finding, near

# Their models are trained already: what can be changed is the degree.
ENGINES = ("vllm", "verl", "ulysses")


def check(plan: Plan):
    sequence = plan.source == "ulysses"
    degree, axis = (plan.context, "sequence parallel") if sequence else (plan.tensor, "tensor parallel")
    heads, groups = plan.heads, plan.kv_heads
    if degree.is_absent:
        return
    kinds = (
        (heads, "attention heads", (heads % degree != 0) & (degree > 1)),
        (groups, "query groups", (groups % degree != 0) & (degree % groups != 0) & (groups > 0)),
    )
    for number, kind, misfit in kinds:
        at, other = (degree, number) if plan.source in ENGINES else (number, degree)
        yield Finding(
            when=misfit, at=near(at, plan), because=(other,), heads=number, kind=kind, degree=degree, axis=axis
        )
