from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.zero_settings import refused
from dtlint.value import TRUE


def check(plan: Plan):
    if plan.source not in ("deepspeed", "accelerate", "lightning"):
        return
    for one in refused(plan.record.field("zero_optimization")):
        yield Finding(when=TRUE, at=one.value, key=one.key, reason=one.reason)
