from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import TRUE


def check(launch: Launch):
    entry = launch.config.field("entry_point")
    if launch.tool != "SageMaker" or launch.config.field("started_by").string != "torch_distributed":
        return
    if (entry.string or "").endswith(".sh"):
        yield Finding(when=TRUE, at=entry, because=(("torchrun is asked for here", launch),), entry=entry.string)
