from dtlint.job.process import Process
from dtlint.mend import written
from dtlint.rule import Finding

SWITCHES = {"NCCL_IB_DISABLE": ("1", 1), "NCCL_NET": ("Socket", "socket", "SOCKET")}
SETTINGS = (
    "NCCL_IB_HCA",
    "NCCL_IB_GID_INDEX",
    "NCCL_IB_TC",
    "NCCL_IB_SL",
    "NCCL_IB_TIMEOUT",
    "NCCL_IB_RETRY_CNT",
    "NCCL_IB_QPS_PER_CONNECTION",
    "NCCL_IB_ADAPTIVE_ROUTING",
)


def check(process: Process):
    if process.world is None:
        return
    nodes = process.world.nodes
    settings = {name: process.variable(name) for name in SETTINGS}
    given = [(name, value) for name, value in settings.items() if value.trail and value.known and value.string != ""]
    for name, off in SWITCHES.items() if given else ():
        switch = process.variable(name)
        if switch.trail:
            yield Finding(
                when=(nodes > 1) & switch.one_of(*off),
                at=switch,
                because=(given[0][1], nodes),
                edits=(written(switch, "0"),) if name == "NCCL_IB_DISABLE" else (),
                switch=f"{name}={switch}",
                name=given[0][0],
                setting=given[0][1],
            )
