from dtlint.job.gang import minimum_of
from dtlint.job.run import Run
from dtlint.rule import Finding, near

REFUSED = "Volcano Job"
"""Volcano's webhook refuses such a job: the rule about refused manifests says so."""


def check(run: Run):
    for workload in run.workloads:
        elastic = not workload.record.get("spec.elasticPolicy").is_absent
        if workload.kind in (REFUSED, "compose") or elastic or run.put_together:
            continue
        minimum = minimum_of(run, workload)
        if minimum.is_absent or (workload.minimum.is_absent and len(run.workloads) > 1):
            continue  # pods of several workloads may belong to one group
        yield Finding(
            when=minimum > workload.pods,
            at=near(minimum, workload),
            because=(workload.pods,),
            minimum=minimum,
            pods=workload.pods,
        )
