from dtlint.job.plan import Plan
from dtlint.mend import written
from dtlint.rule import Finding

NAME = "CUDA_DEVICE_MAX_CONNECTIONS"


def check(plan: Plan):
    process = plan.process
    if not plan.one_connection or process is None:
        return
    value = process.variable(NAME)
    if value.is_absent or value.is_unknown:
        return
    for degree in (plan.tensor, plan.context):
        yield Finding(
            when=(degree > 1) & (value.as_text() != "1"),
            at=value if value.trail else plan,
            because=(degree,),
            edits=(written(value, "1"),),
            value=value,
        )
