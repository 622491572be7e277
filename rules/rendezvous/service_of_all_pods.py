from dtlint.job.addresses import selected, services_meant
from dtlint.job.run import Run
from dtlint.rule import Finding


def check(run: Run):
    for served in services_meant(run):
        for workload in run.workloads:
            for group in workload.groups:
                selector = served.service.field("spec").field("selector")
                yield Finding(
                    when=selected(selector, workload, group) & (group.count > 1),
                    at=served.address,
                    because=(selector, group.count),
                    service=str(served.service.field("metadata").field("name")),
                    pods=group.count,
                    role=group.role,
                )
