"""submitit, which submits functions of a script to Slurm (submitit/auto/auto.py and slurm/slurm.py of 1.5)."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Effect, Row, row

AUTO: Final = "submitit.AutoExecutor"
SLURM: Final = "submitit.SlurmExecutor"
SUBMITS: Final = frozenset({f"{AUTO}.submit", f"{SLURM}.submit"})

ROWS: Final[tuple[Row, ...]] = (
    row(AUTO, "folder cluster", returns=AUTO),
    row(SLURM, "folder max_num_timeout max_pickle_size_gb python", returns=SLURM),
    *(row(f"{executor}.update_parameters") for executor in (AUTO, SLURM)),
    *(row(name, "fn", Effect.SPAWNS, function="fn") for name in sorted(SUBMITS)),
)
