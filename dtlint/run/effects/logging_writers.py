"""Where training is recorded: Weights & Biases, TensorBoard, MLflow, DLLogger.

Sources: wandb/sdk/wandb_init.py (keyword arguments only, their order changed), torch/utils/tensorboard/writer.py,
tensorboardX/writer.py, dllogger/logger.py (opens the file anew unless `append`).
"""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Effect, Row, row

_BOARD: Final = "log_dir comment purge_step max_queue flush_secs filename_suffix"

ROWS: Final[tuple[Row, ...]] = (
    row("wandb.init", "", Effect.RECORDS),
    row("torch.utils.tensorboard.SummaryWriter", _BOARD, Effect.RECORDS, path="log_dir"),
    row("torch.utils.tensorboard.writer.SummaryWriter", _BOARD, Effect.RECORDS, path="log_dir"),
    row("tensorboardX.SummaryWriter", _BOARD.replace("log_dir", "logdir"), Effect.RECORDS, path="logdir"),
    row("dllogger.JSONStreamBackend", "verbosity filename append", Effect.RECORDS, path="filename"),
)
