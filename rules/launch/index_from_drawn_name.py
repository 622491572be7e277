import re

from dtlint.job.run import Run
from dtlint.rule import Finding, near

ENDING = re.compile(r"\$\{(?:HOSTNAME|POD_NAME)##\*-\}|\bhostname\b.*(?:##\*-|\$NF\b|s/\.\*-//|grep -o)")
"""What stands behind the last hyphen of the pod's name."""
RANKS = re.compile(r"RANK|INDEX|ORDINAL|PROCESS_ID|NODE_ID|--node[-_]rank|--machine[-_]rank")


def check(run: Run):
    for workload in run.workloads:
        spec = workload.record.field("spec")
        drawn = workload.kind in ("Deployment", "ReplicaSet") or (
            workload.kind == "Job" and (spec.field("completionMode").absent.always)
        )
        place = next(endings(run, workload), None) if drawn and not run.put_together else None
        if place is not None:
            yield Finding(
                when=workload.groups[0].count > 1,
                at=place,
                because=((f"the pods of a {workload.kind}", workload.at), near(workload.groups[0].count, workload.at)),
                kind=workload.kind,
            )


def endings(run, workload):
    """Where a rank is taken from the end of the name."""
    # Of several workloads it is not said in whose pods a setting stands.
    for setting in run.settings if len(run.workloads) == 1 else ():
        if RANKS.search(setting.name) and any(ENDING.search(step.text) for step in setting.value.trail):
            yield setting
    for command in run.commands:
        known = command.argv[0].string is not None and command.host in workload.hosts
        for word in command.argv if known else ():
            if RANKS.search(word.written) and ENDING.search(word.written) and "\n" not in word.written:
                yield word
