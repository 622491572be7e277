from dtlint.job.addresses import pods_meant
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import known


def check(run: Run):
    for meant in pods_meant(run):
        host, series = meant.host, meant.series
        if "." not in host and not series.own_service and not meant.made:
            continue  # there may be a Service of that name, which stands elsewhere
        label = host.partition(".")[0]
        if series.exists(host).never:
            reason = f"there are {series.count} of them, counted from 0"
        elif series.domain.is_absent and not series.own_service:
            reason = f"{label} has no subdomain in its specification"
        else:
            reason = f"{label} is called {series.example(series.index(host))}"
        yield Finding(
            when=~series.resolves(host) | ~series.exists(host),
            at=meant.address,
            because=() if series.domain.is_absent else (series.domain,),
            address=known(host),
            reason=reason,
            example=series.example(),
        )
