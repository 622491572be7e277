"""What the calls of frameworks do: all rows, found by canonical name."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects import (
    accelerate,
    colossalai,
    deepspeed,
    flower,
    horovod,
    jax,
    lightning,
    logging_writers,
    multiprocess,
    nemo_run,
    paddle,
    ray,
    spark,
    submitit,
    tensorflow,
    torch_checkpoint,
    torch_data,
    torch_device,
    torch_distributed,
    torch_parallel,
    transformers,
    vllm,
)
from dtlint.run.effects.row import Answer, Effect, Row, Table

TABLE: Final = Table(
    entry
    for module in (
        torch_distributed,
        torch_device,
        torch_parallel,
        torch_data,
        torch_checkpoint,
        multiprocess,
        deepspeed,
        accelerate,
        colossalai,
        transformers,
        horovod,
        paddle,
        flower,
        lightning,
        tensorflow,
        jax,
        ray,
        spark,
        submitit,
        nemo_run,
        vllm,
        logging_writers,
    )
    for entry in module.ROWS
)

__all__ = ["TABLE", "Answer", "Effect", "Row", "Table"]
