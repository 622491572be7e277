"""Fields of the pod that its environment may hold.

https://kubernetes.io/docs/concepts/workloads/pods/downward-api/ ; the index of a pod stands in the annotation and label
`batch.kubernetes.io/job-completion-index` of an indexed Job and in the label `apps.kubernetes.io/pod-index` of a
StatefulSet.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.container import Container
from dtlint.run.host import Host
from dtlint.source import Span
from dtlint.value import Value, unknown

ADDRESS: Final = ("status.podIP", "status.podIPs")
NAME: Final = "metadata.name"
INDEX: Final = (
    "metadata.annotations['batch.kubernetes.io/job-completion-index']",
    "metadata.labels['batch.kubernetes.io/job-completion-index']",
    "metadata.labels['apps.kubernetes.io/pod-index']",
)


def fields(container: Container, host: Host, index: Value, at: Span) -> dict[str, Value]:
    """What the variables that hold fields give in the pod `host`; `index` is its number in its Job or set."""
    found: dict[str, Value] = {}
    for name, path in container.pod_fields.items():
        trail = container.variables[name].trail
        if path in ADDRESS:
            found[name] = unknown(
                f"the address of {host.name}", key=("address", at, host.index), family=("address", at), trail=trail
            )
        elif path == NAME:
            found[name] = host.name.after(trail)
        elif path in INDEX and not index.is_absent:
            found[name] = index.as_text().after(trail)
    return found
