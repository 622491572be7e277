from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.ray_clusters import PORT, port_of, starts
from dtlint.value import known


def check(run: Run):
    heads, others = starts(run)
    if len({head.at for head in heads}) != 1:
        return
    served = heads[0].options.value("--port").as_int().or_default(PORT)
    for other in others:
        address = other.options.value("--address")
        asked = port_of(address)
        if asked is not None:
            yield Finding(
                when=served != known(asked),
                at=near(address, other),
                because=(("the head is started here", heads[0]), served),
                asked=asked,
                served=served,
            )
