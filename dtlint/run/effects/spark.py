"""PySpark's distributor of PyTorch jobs (python/pyspark/ml/torch/distributor.py of Spark 3.4 to 4.0)."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Effect, Row, row

DISTRIBUTOR: Final = "pyspark.ml.torch.distributor.TorchDistributor"

ROWS: Final[tuple[Row, ...]] = (
    row(DISTRIBUTOR, "num_processes local_mode use_gpu", returns=DISTRIBUTOR, keeps=("num_processes",)),
    row(DISTRIBUTOR + ".run", "train_object", Effect.SPAWNS, function="train_object"),
)
