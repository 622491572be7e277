from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import TRUE

SUPPORTED = ("ml.p3.16xlarge", "ml.p3dn.24xlarge", "ml.p4d.24xlarge", "ml.p4de.24xlarge", "local_gpu")


def check(launch: Launch):
    kind = launch.config.field("instance_type")
    if launch.tool != "SageMaker" or launch.config.field("started_by").string != "smdistributed":
        return
    if kind.string is not None and kind.string not in SUPPORTED:
        yield Finding(when=TRUE, at=kind, because=(("the library is asked for here", launch),), kind=kind.string)
