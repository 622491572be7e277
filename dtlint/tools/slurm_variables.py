"""Variables by which Slurm's commands take options: the environment wins over a header, and the command line over both.

`env_vars` of src/sbatch/opt.c, src/salloc/opt.c and src/srun/opt.c (26.11), and `process_options_second_pass` of the
first; https://slurm.schedmd.com/sbatch.html#SECTION_INPUT-ENVIRONMENT-VARIABLES.  Neither `sbatch` nor `salloc` reads
one for the numbers of nodes and tasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dtlint.run.environment import Environment
from dtlint.value import Value

_COMMON: Final = """
    gres gpus gpus-per-node gpus-per-socket gpus-per-task gpu-bind tres-bind tres-per-task exclusive overcommit hint
    cpus-per-gpu core-spec thread-spec threads-per-core container
"""
"""Options that all of the commands read from a variable, and that are asked for here."""


def _named(prefix: str, also: Mapping[str, str]) -> Mapping[str, str]:
    names = {f"--{name}": prefix + name.upper().replace("-", "_") for name in _COMMON.split()}
    return {**names, **also}


SBATCH: Final = _named(
    "SBATCH_",
    {
        "--export": "SBATCH_EXPORT",
        "--distribution": "SBATCH_DISTRIBUTION",
        "--job-name": "SBATCH_JOB_NAME",
        "--array": "SBATCH_ARRAY_INX",
    },
)
SALLOC: Final = _named("SALLOC_", {})
SRUN: Final = _named(
    "SLURM_",
    {
        "--nodes": "SLURM_JOB_NUM_NODES",
        "--ntasks": "SLURM_NTASKS",
        "--ntasks-per-node": "SLURM_NTASKS_PER_NODE",
        "--ntasks-per-gpu": "SLURM_NTASKS_PER_GPU",
        "--ntasks-per-tres": "SLURM_NTASKS_PER_TRES",
        "--container": "SRUN_CONTAINER",
    },
)
"""The variable by which each option may come, for each command."""


def given(environment: Environment, names: Mapping[str, str]) -> dict[str, Value]:
    """Options that variables give which somebody was seen to set."""
    return {option: environment.get(name) for option, name in names.items() if environment.set(name)}
