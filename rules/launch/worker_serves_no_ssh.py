import re

from dtlint.job.workload import Workload
from dtlint.rule import Finding
from dtlint.value import TRUE

SECOND = "kubeflow.org/v2beta1"
IDLE = re.compile(r"(?:sleep\s+\S+|tail\s+-f\s+\S+|while\s+(?:true|:)\s*;\s*do\s+sleep\s+\S+\s*;\s*done)\s*;?")
"""What a shell is told that is to do nothing."""


def check(workload: Workload):
    workers = workload.group("worker") if workload.kind == "MPIJob" else None
    container = workers.trainer if workers is not None else None
    if container is None or not container.command or workload.record.field("apiVersion").string != SECOND:
        return
    words = [word.string for word in container.command]
    if None not in words and idle(words):
        yield Finding(
            when=TRUE,
            at=container.command[0],
            because=(("the workers of the MPIJob", workers.at),),
            command=" ".join(words),
        )


def idle(words):
    """It waits and does nothing else."""
    name = words[0].rpartition("/")[2]
    if name in ("sh", "bash") and len(words) == 3 and words[1] in ("-c", "-lc"):
        return IDLE.fullmatch(words[2].strip()) is not None
    return name in ("sleep", "tail")
