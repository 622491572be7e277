from dtlint.job.nccl import never_matching
from dtlint.job.run import Run
from dtlint.job.variables import variables
from dtlint.rule import Finding
from dtlint.value import TRUE

SOCKETS = "NCCL_SOCKET_IFNAME"
NAMES = (SOCKETS, "NCCL_OOB_NET_IFNAME", "NCCL_IB_HCA")


def check(run: Run):
    for variable in variables(run):
        entries = never_matching(variable.text) if variable.name in NAMES else []
        # A name too few in a list of what to leave out matters where it is loopback, which is another mistake.
        if entries and not (variable.name == SOCKETS and variable.text.startswith("^")):
            yield Finding(when=TRUE, at=variable.at, entry=f'"{entries[0]}"', name=variable.name, list=variable.text)
