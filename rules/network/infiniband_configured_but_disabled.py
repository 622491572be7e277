from dtlint.job.process import Process
from dtlint.mend import written
from dtlint.rule import Finding

SWITCH = "NCCL_IB_DISABLE"
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
    switch, nodes = process.variable(SWITCH), process.world.nodes
    if not switch.trail:
        return
    for name in SETTINGS:
        setting = process.variable(name)
        if setting.trail and setting.known and setting.string != "":
            yield Finding(
                when=(nodes > 1) & switch.one_of("1", 1),
                at=switch,
                because=(setting, nodes),
                edits=(written(switch, "0"),),
                name=name,
                setting=setting,
            )
            return
