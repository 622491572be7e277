from dtlint.job.process import Process
from dtlint.rule import Finding

COSTS = {
    "NCCL_P2P_DISABLE": "sends what GPUs of one machine exchange through the host, and NVLink stays idle",
    "NCCL_SHM_DISABLE": "sends what GPUs without direct access exchange through the network, even in one machine",
}


def check(process: Process):
    if process.world is None:
        return
    for name, cost in COSTS.items():
        switch = process.variable(name)
        if switch.trail:
            several = process.world.per_node > 1
            yield Finding(when=several & switch.one_of("1", 1), at=switch, name=name, text=switch, cost=cost)
