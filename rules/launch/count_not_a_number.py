import re

from dtlint.job.launch import Launch
from dtlint.rule import Finding, near
from dtlint.value import TRUE

COUNTS = {
    "torchrun": ("--nproc-per-node", "--nnodes", "--node-rank"),
    "accelerate": ("--num_processes", "--num_machines", "--machine_rank"),
    "deepspeed": ("--num_gpus", "--num_nodes", "--node_rank"),
    "srun": ("--ntasks", "--ntasks-per-node", "--cpus-per-task"),
    "mpirun": ("-np",),
    "horovodrun": ("-np",),
}
NO_NUMBER = re.compile(r"[A-Za-z][\w.-]*:\d+|--?[A-Za-z].*|.*\.(?:py|ya?ml|json|sh)")
"""A number of GPUs with their type in front, as Slurm takes it (`a100:4`); an option, or the name of a file, where the
number is missing."""


def check(launch: Launch):
    for name in COUNTS.get(launch.tool, ()):
        value = launch.options.value(name)
        if not launch.options.has(name) or value.string is None:
            continue
        given = launch.options.given[name][-1]
        if value.string and not NO_NUMBER.fullmatch(value.string):
            continue
        yield Finding(
            when=TRUE,
            at=near(value, given.at),
            because=(value,),
            tool=launch.tool,
            option=given.name,
            given=value.string or "nothing",
        )
        return
