from dtlint.job.admission import refusals
from dtlint.job.run import Run
from dtlint.rule import Finding


def check(run: Run):
    for workload in () if run.put_together else run.workloads:
        for refusal in refusals(workload):
            yield Finding(when=refusal.when, at=refusal.at, kind=workload.kind, reason=refusal.reason)
