"""Ray Train: the trainer that starts workers, and what it makes fit for them (python/ray/train/torch
and python/ray/train/lightning of 2.x)."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Effect, Row, row

_T: Final = "ray.train.torch."

ROWS: Final[tuple[Row, ...]] = (
    row(
        _T + "TorchTrainer",
        "train_loop_per_worker train_loop_config torch_config scaling_config run_config",
        Effect.SPAWNS,
        function="train_loop_per_worker",
        returns=_T + "TorchTrainer",
    ),
    row(
        "ray.train.ScalingConfig",
        "trainer_resources num_workers use_gpu resources_per_worker placement_strategy accelerator_type",
        returns="ray.train.ScalingConfig",
        keeps=("num_workers",),
    ),
    row("ray.train.RunConfig", "name storage_path", returns="ray.train.RunConfig"),
    row(
        _T + "prepare_data_loader",
        "data_loader add_dist_sampler move_to_device auto_transfer",
        subject="data_loader",
        returns="subject",
    ),
    row(
        _T + "prepare_model",
        "model move_to_device parallel_strategy parallel_strategy_kwargs",
        Effect.WRAPS,
        subject="model",
        returns="subject",
    ),
    *(row(f"ray.{home}.report", "metrics checkpoint") for home in ("train", "air.session")),
    row("ray.train.lightning.prepare_trainer", "trainer", subject="trainer", returns="subject"),
)
