from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.host import names_host
from dtlint.value import TRUE, Term

INTERFACES = ("NCCL_SOCKET_IFNAME", "NCCL_OOB_NET_IFNAME", "GLOO_SOCKET_IFNAME", "TP_SOCKET_IFNAME",
              "HOROVOD_GLOO_IFACE", "UCX_NET_DEVICES")  # fmt: skip
ADDRESSES = ("MASTER_ADDR", "MASTER_IP", "POD_IP", "HOST_IP", "NODE_IP", "HEAD_NODE_IP")
"""Variables that hold an address by their name, wherever they are set."""


def check(run: Run):
    blamed = set()
    for name, value, at in told(run):
        if name in INTERFACES and at not in blamed and (names_host(value) or inherited(value)):
            blamed.add(at)
            yield Finding(when=TRUE, at=at, because=(value,), name=name, what=told_as(value))


def told(run):
    for setting in run.settings:
        if setting.exported:
            yield setting.name, setting.value, setting.at
    for process in run.processes:
        for name in process.environment:
            value = process.environment.get(name)
            if value.trail:
                yield name, value, value.at


def inherited(value):
    """A variable that nobody sets here, whose name says that it holds an address."""
    symbol = value.content.symbol if isinstance(value.content, Term) else None
    key = symbol.key if symbol is not None else None
    return isinstance(key, tuple) and key[:1] == ("environment",) and key[-1] in ADDRESSES


def told_as(value):
    key = value.content.symbol.key
    if key[:1] == ("environment",):
        return value
    return "the address of a host" if key[:1] == ("address",) else "the name of a host"
