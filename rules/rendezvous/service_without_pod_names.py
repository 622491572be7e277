from dtlint.job.addresses import is_service, pods_meant
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import FALSE, Fields, known


def check(run: Run):
    for meant in pods_meant(run):
        domain = meant.series.domain
        services = [
            one for one in run.documents if is_service(one) and (one.field("metadata").field("name") == domain).always
        ]
        if meant.made or domain.is_absent or len(services) != 1:
            continue
        spec = services[0].field("spec")
        own_address = spec.field("clusterIP")
        reason, wrong = "is not headless", own_address.absent if own_address.is_absent else own_address != "None"
        if not wrong.always:
            reason, wrong = "selects other pods", others(run, meant.series, spec.field("selector"))
        yield Finding(
            when=wrong & meant.series.resolves(meant.host),
            at=spec,
            because=(meant.address, domain),
            address=known(meant.host),
            service=domain,
            reason=reason,
        )


def others(run, series, selector):
    """The selector wants another value of a label than the template of the pods gives it."""
    for workload in run.workloads:
        for group in workload.groups:
            if series in group.series and isinstance(selector.content, Fields):
                labels = group.labels
                for name, wanted in selector.content.entries.items():
                    given = labels.field(name)
                    if not given.is_absent and (given != wanted).always:
                        return given != wanted
    return FALSE
