import re

from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE, Fields

NEEDS = (
    (re.compile(r"\$[{(]?(V[CK]_TASK_INDEX)\b"), ("env",)),
    (re.compile(r"\$[{(]?(VC_\w+_(?:HOSTS|NUM))\b"), ("svc", "tensorflow", "mpi", "pytorch")),
)
"""Variables of Volcano, with the plug-ins of which one sets them; the last three bring `svc` along
(pkg/webhooks/admission/jobs/mutate/mutate_job.go)."""


def check(run: Run):
    for workload in run.workloads:
        asked = asked_for(workload.record.get("spec.plugins"))
        if workload.kind != "Volcano Job" or asked is None or run.put_together:
            continue
        given = {name for group in workload.groups for one in group.containers for name in one.variables}
        given |= {setting.name for setting in run.settings}
        for variable, plugins in NEEDS:
            place = None if asked & {*plugins} else next(places(run, workload, variable), None)
            if place is not None and place[0] not in given:
                yield Finding(
                    when=TRUE,
                    at=place[1],
                    because=(("this Volcano Job has no such plug-in", workload.at),),
                    name=place[0],
                    plugin=plugins[0],
                )


def asked_for(plugins):
    """The names of the plug-ins; None where they are not all known."""
    if plugins.is_absent:
        return set()
    return {*plugins.content.entries} if isinstance(plugins.content, Fields) and plugins.content.complete else None


def places(run, workload, variable):
    """Where the commands of its pods use such a variable, and which."""
    # Of several workloads it is not said in whose pods a setting stands.
    for setting in run.settings if len(run.workloads) == 1 else ():
        for step in setting.value.trail:
            if found := variable.search(step.text):
                yield found[1], setting
    for command in run.commands:
        known = command.argv[0].string is not None and command.host in workload.hosts
        for word in command.argv if known else ():
            if found := variable.search(word.written):
                yield found[1], word
