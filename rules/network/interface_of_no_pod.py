from dtlint.job.nccl import excludes
from dtlint.job.workload import Replicas
from dtlint.rule import Finding
from dtlint.value import known

INTERFACES = ("lo", "eth0")
"""What a pod has: kubelet and the runtimes call the interface of every pod so (DefaultInterfaceName)."""


def check(group: Replicas):
    # Further interfaces are asked for by annotations of Multus or of a cloud.
    plain = group.annotations.is_absent or (group.annotations.known and group.annotations.constant is None)
    # What mpirun's processes find is another matter.
    by_mpi = group.waits or group.role.lower() == "launcher"
    for container in group.containers if plain and not by_mpi else ():
        for name in ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME"):
            given = container.variables.get(name)
            text = given.string if given is not None else None
            if container.kind != "pod" or not text or any(takes(name, text, one) for one in INTERFACES):
                continue
            yield Finding(
                when=container.host_network == known(False), at=given, name=name, text=text, having=INTERFACES[1]
            )


def takes(name, text, interface):
    """Gloo wants whole names, and NCCL the beginnings of some, or with a caret all but these."""
    if name.startswith("GLOO"):
        return interface in text.split(",")
    listed = excludes(text, interface) if text.startswith("^") else excludes(f"^{text}", interface)
    return listed != text.startswith("^")
