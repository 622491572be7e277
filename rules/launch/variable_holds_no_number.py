import re

from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import TRUE, undecided

ADDRESS = re.compile(
    r"(?:[A-Z]+_)?(?:MASTER|MAIN|HEAD|LEADER|CHIEF|COORDINATOR|RDZV|RENDEZVOUS|SERVER)_(?:NODE_)?(?:ADDR|ADDRESS|IP|HOST)"
    r"|SLURM_LAUNCH_NODE_IPADDR|SLURM_SUBMIT_HOST"
)
LIST = re.compile(r"SLURM_(?:JOB_|STEP_)?NODELIST")
FOR_EACH_NODE = {
    "SLURM_TASKS_PER_NODE": "SLURM_NNODES",
    "SLURM_STEP_TASKS_PER_NODE": "SLURM_NNODES",
    "SLURM_JOB_CPUS_PER_NODE": "SLURM_JOB_NUM_NODES",
}
"""Variables in which Slurm lists a number for each node, with that which holds the number of nodes."""
OTHERS = {
    "SLURM_GPUS_PER_NODE": "SLURM_GPUS_ON_NODE holds the number alone",
    "CUDA_VISIBLE_DEVICES": "torch.cuda.device_count() counts them",
}

PLAIN = re.compile(r"[\w:.,()\[\] -]*")
"""A text that nobody fills in before the job is started."""


def check(process: Process):
    for asked in process.run.numbers if process.run is not None else ():
        read = asked.read
        when, held, remedy = kept(read, process)
        if asked.fails and not asked.branches and PLAIN.fullmatch(read.value.string or ""):
            held = held or f'"{read.value.string}"'
            yield told(asked, TRUE, held, remedy)
            return
        # Whatever the branches around it ask: the name alone says that this line fails where it is reached.
        if held is not None and not read.value.options:
            yield told(asked, when, held, remedy)
            return


def kept(read, process):
    """What a variable of this name holds that is no number, when it does, and what to read instead."""
    name = read.name
    if ADDRESS.fullmatch(name):
        return TRUE, "the address of a host", "the port has a variable of its own, MASTER_PORT"
    if LIST.fullmatch(name):
        return TRUE, "the names of the nodes", "SLURM_NNODES is their number"
    counted = FOR_EACH_NODE.get(name)
    if counted is not None:
        nodes = process.environment.get(counted).as_int()
        told_by_slurm = process.environment.set(name) and process.environment.set(counted)
        when = nodes > 1 if told_by_slurm else undecided()
        held = f'the numbers of {nodes} nodes, such as "4(x{nodes})"'
        by_tasks = "SLURM_NTASKS divided by SLURM_NNODES is the number for each"
        return when, held, by_tasks if "TASKS" in name else "SLURM_CPUS_ON_NODE is the number for this node"
    return undecided(), None, OTHERS.get(name, "take the number out of it, or read the variable that holds one")


def told(asked, when, held, remedy):
    return Finding(
        when=when, at=asked.at, because=(asked.read.value,), variable=asked.read.name, held=held, remedy=remedy
    )
