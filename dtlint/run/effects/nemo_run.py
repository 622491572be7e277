"""NeMo-Run, which starts the function that a configuration names, with the arguments that stand in it."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Row, row

ROWS: Final[tuple[Row, ...]] = (
    row("nemo_run.run", "fn_or_script executor plugins name dryrun direct detach tail_logs log_level"),
    row("nemo_run.Experiment", "title", returns="nemo_run.Experiment"),
    row("nemo_run.Experiment.add", "task executor name plugins tail_logs"),
)
