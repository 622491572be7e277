"""Processes that a script starts itself."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Effect, Row, row

_PROCESS: Final = "group target name args kwargs daemon"

ROWS: Final[tuple[Row, ...]] = (
    row("torch.multiprocessing.spawn", "fn args nprocs join daemon start_method", Effect.SPAWNS, function="fn"),
    row(
        "torch.multiprocessing.start_processes",
        "fn args nprocs join daemon start_method",
        Effect.SPAWNS,
        function="fn",
    ),
    row(
        # accelerate/launchers.py: as `torchrun` on one host, but in forks of this process.
        "accelerate.notebook_launcher",
        "function args num_processes mixed_precision use_port master_addr node_rank num_nodes",
        Effect.SPAWNS,
        function="function",
    ),
    *(
        row(
            f"{module}.Process",
            _PROCESS,
            Effect.SPAWNS,
            function="target",
            returns=f"{module}.Process",
        )
        for module in ("torch.multiprocessing", "multiprocessing")
    ),
)
