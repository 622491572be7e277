from dtlint.job.workload import Workload
from dtlint.rule import Finding


def check(workload: Workload):
    policy = workload.record.get("spec.elasticPolicy")
    low, high = (policy.field(name).as_int() for name in ("minReplicas", "maxReplicas"))
    if workload.kind != "PyTorchJob" or low.is_absent or high.is_absent:
        return
    yield Finding(when=low > high, at=low, because=(high,), low=low, high=high)
