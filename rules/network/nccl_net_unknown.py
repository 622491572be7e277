import re

from dtlint.job.run import Run
from dtlint.job.variables import variables
from dtlint.rule import Finding
from dtlint.value import truth

NO_NETWORK = re.compile(
    r"(eth|en[ops]|ib|bond|mlx[45]_)\d\w*|lo|tcp|ip|sockets|ethernet|infiniband|roce|rdma|verbs|ibverbs|true|false|yes|no|on"
    r"|off|[01]",
    re.IGNORECASE,
)
"""Interfaces, adapters, switches, and what the two networks are called elsewhere: no plug-in has such a name."""


def check(run: Run):
    for variable in variables(run):
        if variable.name == "NCCL_NET":
            unknown = truth(NO_NETWORK.fullmatch(variable.text) is not None)
            yield Finding(when=unknown, at=variable.at, network=variable.text)
