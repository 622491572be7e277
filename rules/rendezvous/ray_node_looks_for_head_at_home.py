from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.ray_clusters import at_home, starts


def check(run: Run):
    heads, others = starts(run)
    for other in others:
        if heads and not any(head.host.is_(other.host) for head in heads):
            address = other.options.value("--address")
            yield Finding(
                when=at_home(address),
                at=near(address, other),
                because=(("the head is started here", heads[0]),),
                address=address,
            )
