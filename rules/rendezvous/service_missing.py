from dtlint.job.addresses import pods_meant
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE, every, known


def check(run: Run):
    if run.put_together or any(one.field("kind").string is None for one in run.documents):
        return  # what else is applied stands elsewhere
    services = [one.field("metadata").field("name") for one in run.documents if one.field("kind").string == "Service"]
    for meant in pods_meant(run):
        domain = meant.series.domain
        if meant.made or domain.is_absent:
            continue
        yield Finding(
            when=every((TRUE, *(name != domain for name in services))) & meant.series.resolves(meant.host),
            at=meant.address,
            because=(domain,),
            address=known(meant.host),
            service=domain,
        )
