from dtlint.job.plan import Plan
from dtlint.mend import whole
from dtlint.rule import Finding


def check(plan: Plan):
    experts, tensor = plan.experts, plan.tensor
    if experts.is_absent or tensor.is_absent:
        return
    yield Finding(
        when=(experts > 1) & (tensor > 1) & plan.sequence_parallel.absent,
        at=experts if experts.trail else plan,
        because=(tensor,),
        edits=(whole(experts.at, r"--[\w-]+[ =]\S+", r"\g<0> --sequence-parallel"),) if experts.trail else (),
        experts=experts,
        tensor=tensor,
    )
