from dtlint.job.run import Run
from dtlint.job.variables import variables
from dtlint.rule import Finding
from dtlint.value import truth

COSTS = {
    "CUDA_LAUNCH_BLOCKING": (("1",), "makes the host wait for every kernel"),
    "NCCL_DEBUG": (("TRACE",), "writes a line for every call of every rank"),
    "NCCL_BLOCKING_WAIT": (("1",), "makes the host wait for every collective"),
    "TORCH_DISTRIBUTED_DEBUG": (("DETAIL",), "compares every collective among all ranks first"),
    "TORCH_NCCL_BLOCKING_WAIT": (("1",), "makes the host wait for every collective"),
}


def check(run: Run):
    for variable in variables(run) if run.processes else ():
        on, cost = COSTS.get(variable.name, ((), ""))
        when = truth(variable.text.upper() in on)
        yield Finding(when=when, at=variable.at, name=variable.name, text=variable.text, cost=cost)
