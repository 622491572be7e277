from dtlint.job.workload import Workload
from dtlint.rule import Finding
from dtlint.run.setup_reads import reads
from dtlint.value import TRUE

OF_SETUP = {
    "SKYPILOT_NODE_RANK": "SKYPILOT_SETUP_NODE_RANK",
    "SKYPILOT_NODE_IPS": "SKYPILOT_SETUP_NODE_IPS",
}
"""Variables that SkyPilot sets for `run` alone, with those that say the same in `setup`."""


def check(workload: Workload):
    for name, at in reads(workload, OF_SETUP):
        yield Finding(when=TRUE, at=at, variable=name, instead=OF_SETUP[name])
        return
