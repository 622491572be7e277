import re

from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import FALSE, TRUE, Items, known

WAIT = re.compile(r"\b(?:until|while\s+!)\s+(?P<tool>nslookup|dig|host|nc)\s(?:-\S+\s+(?:\d+\s+)?)*(?P<host>[\w.-]+)")
"""A loop that goes on until a host is known, or answers."""
APART = re.compile(r"JOB_COMPLETION_INDEX|HOSTNAME|hostname|POD_NAME|NODE_RANK|TASK_INDEX|WORKER_INDEX")
"""With these the pods may do different things."""


def check(run: Run):
    for workload in run.workloads:
        for group in workload.groups:
            for text in texts(group.spec.field("initContainers")):
                found = WAIT.search(text.string or "")
                if found is None or APART.search(text.string) or run.put_together:
                    continue
                host, series = found["host"], group.series[0] if len(group.series) == 1 else None
                if series is not None and series.index(host) is not None:
                    answers = FALSE if found["tool"] == "nc" else early(run, series.domain)
                    yield Finding(
                        when=series.exists(host) & series.resolves(host) & ~answers,
                        at=text,
                        because=(series.domain,) if series.domain.trail else (),
                        host=host,
                        pod=f"{series.prefix}{series.index(host)}",
                    )


def texts(containers):
    """The words of all commands."""
    for one in containers.content.items if isinstance(containers.content, Items) else ():
        for field in ("command", "args"):
            listed = one.field(field).content
            yield from listed.items if isinstance(listed, Items) else ()


def early(run, domain):
    """The Service tells of pods before they are ready; so does one that is not seen, for all that is known."""
    services = [
        one.field("spec")
        for one in run.documents
        if one.field("kind").string == "Service" and (one.field("metadata").field("name") == domain).always
    ]
    if len(services) != 1:
        return TRUE
    told = services[0].field("publishNotReadyAddresses")
    return FALSE if told.is_absent else told == known(True)
