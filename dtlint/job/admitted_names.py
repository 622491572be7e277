"""Names that API servers and operators take.

Objects, containers, volumes and ports: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and
`ValidatePodSpec`, `ValidatePortNumOrName` of pkg/apis/core/validation/validation.go of
https://github.com/kubernetes/kubernetes .  Kinds whose name becomes that of a Service: pkg/webhooks of
https://github.com/kubeflow/training-operator at v1.9.0, `validateMPIJobName` of pkg/apis/kubeflow/validation of
https://github.com/kubeflow/mpi-operator at v0.6.0, `ValidateRayClusterMetadata` of
ray-operator/controllers/ray/utils/validation.go of https://github.com/ray-project/kuberay , `validateCreate` of
pkg/webhooks/jobset_webhook.go of https://github.com/kubernetes-sigs/jobset .
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.job.refusal import Refusal
from dtlint.job.workload import Workload
from dtlint.value import TRUE, Items, Value

NAME_SERVICES: Final = frozenset(
    (
        "PyTorchJob", "TFJob", "XGBoostJob", "PaddleJob", "JAXJob", "MPIJob", "JobSet",
        "RayCluster", "RayJob", "RayService",
    )
)  # fmt: skip
"""Kinds whose own name must be fit for a Service."""

_OBJECT: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SERVICE: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_FILLED_IN: Final = re.compile(r"[$<>{}%@\[\]#]|^[^a-z]*[A-Z][^a-z]*$")
"""A name that somebody replaces before the manifest is applied: `${NAME}`, `<name>`, `JOB_NAME`."""
LONGEST_LABEL: Final = 63
LONGEST_PORT: Final = 15


def refused_names(workload: Workload) -> Iterator[Refusal]:
    """Of a document of Kubernetes; others have no API version."""
    if workload.record.field("apiVersion").string is None:
        return
    yield from _own_name(workload)
    seen = set()
    for group in workload.groups:
        for containers in ("containers", "initContainers"):
            for container in _items(group.spec.field(containers)):
                if container.at not in seen:
                    seen.add(container.at)
                    yield from _label(container.field("name"), "a container")
                    for port in _items(container.field("ports")):
                        yield from _port(port.field("name"))
        for volume in _items(group.spec.field("volumes")):
            if volume.at not in seen:
                seen.add(volume.at)
                yield from _label(volume.field("name"), "a volume")


def _own_name(workload: Workload) -> Iterator[Refusal]:
    name = workload.name
    if not _final(name):
        return
    if _OBJECT.fullmatch(str(name)) is None:
        reason = f"its name {name} may have small letters, digits, - and . only, and a letter or digit at both ends"
        yield Refusal(TRUE, name, reason)
    elif workload.kind in NAME_SERVICES and _SERVICE.fullmatch(str(name)) is None:
        reason = f"Services are named after {name}, and their names begin with a letter and have no dot"
        yield Refusal(TRUE, name, reason)
    elif workload.kind in NAME_SERVICES and len(str(name)) > LONGEST_LABEL:
        yield Refusal(TRUE, name, f"its name has {len(str(name))} characters, and Services may have {LONGEST_LABEL}")


def _label(name: Value, what: str) -> Iterator[Refusal]:
    if not _final(name):
        return
    if _LABEL.fullmatch(str(name)) is None:
        reason = f"{what} is called {name}, which may have small letters, digits and - only"
        yield Refusal(TRUE, name, reason)
    elif len(str(name)) > LONGEST_LABEL:
        yield Refusal(TRUE, name, f"the name of {what} has {len(str(name))} characters, and may have {LONGEST_LABEL}")


def _port(name: Value) -> Iterator[Refusal]:
    """IANA's service names (`IsValidPortName`)."""
    if not _final(name):
        return
    fitting = _LABEL.fullmatch(str(name)) is not None and "--" not in str(name)
    if len(str(name)) > LONGEST_PORT:
        yield Refusal(TRUE, name, f"the name of the port {name} has more than {LONGEST_PORT} characters")
    elif not fitting or not any(letter.isalpha() for letter in str(name)):
        reason = f"a port is called {name}, which may have small letters, digits and single - only, and needs a letter"
        yield Refusal(TRUE, name, reason)


def _final(name: Value) -> bool:
    return name.string is not None and _FILLED_IN.search(name.string) is None


def _items(value: Value) -> tuple[Value, ...]:
    return value.content.items if isinstance(value.content, Items) else ()
