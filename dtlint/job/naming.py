"""Names under which the pods of a cluster find each other.

`hostname.subdomain` resolves where a headless Service has the name of the subdomain and stands in the namespace of the
pod: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/ ; the names of Services are
`service[.namespace[.svc[.zone]]]`.
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.record import record
from dtlint.value import FALSE, TRUE, Truth, Value, undecided

_PORT: Final = re.compile(r":[0-9]+$")


@record
class Series:
    """Pods whose names end in a number: 0, 1, 2 …"""

    prefix: str
    """The name without the number."""
    count: Value
    domain: Value
    """The subdomain in which they are known; absent where they have none."""
    namespace: Value
    own_service: bool = False
    """Each pod has a Service of its own name."""

    def index(self, address: str) -> int | None:
        """The number of the pod that an address means; None where it means none of these."""
        label = _labels(address)[0]
        number = label.removeprefix(self.prefix)
        return (
            int(number) if label.startswith(self.prefix) and number.isdecimal() and number == str(int(number)) else None
        )

    def resolves(self, address: str) -> Truth:
        """Whether other pods find the pod that the address means, if it is there."""
        labels = _labels(address)[1:]
        if self.own_service:
            return self._in_namespace(labels)
        if not labels:
            # A pod knows its own bare name only, but there may be a Service of that name.
            return FALSE
        service = len(labels) > 1 and labels[1] == "svc"
        if service or (self.namespace.string or "default") == labels[0]:
            # `name.namespace` and `name.namespace.svc` mean a Service, of which nothing is known here.
            return undecided() if self.domain.string != labels[0] else self._in_namespace(labels[1:])
        if self.domain.is_absent:
            return FALSE
        return (self.domain == labels[0]) & self._in_namespace(labels[1:])

    def exists(self, address: str) -> Truth:
        index = self.index(address)
        return self.count > index if index is not None else FALSE

    def example(self, index: int = 0) -> str:
        """How a pod is called by others."""
        name = f"{self.prefix}{index}"
        return name if self.own_service else f"{name}.{'<subdomain>' if self.domain.is_absent else self.domain}"

    def _in_namespace(self, labels: list[str]) -> Truth:
        """What stands behind the name of a Service."""
        if not labels:
            return TRUE
        if len(labels) > 1 and labels[1] != "svc":
            return FALSE
        return undecided(self.namespace) if self.namespace.is_absent else self.namespace == labels[0]


def host_of(address: str) -> str:
    """`tcp://host:port`, `host:port` and `host` without what is not the host."""
    return _PORT.sub("", address.rpartition("://")[2].partition("/")[0])


def _labels(address: str) -> list[str]:
    return address.rstrip(".").split(".")
