"""DeepSpeed: signatures as in deepspeed/__init__.py and deepspeed/comm/comm.py of 0.14 and later."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dtlint.run.effects import torch_distributed
from dtlint.run.effects.row import Answer, Effect, Row, row

_ENGINE: Final = "deepspeed.runtime.engine.DeepSpeedEngine"

ROWS: Final[tuple[Row, ...]] = (
    row(
        "deepspeed.initialize",
        "args model optimizer model_parameters training_data lr_scheduler distributed_port mpu dist_init_required "
        "collate_fn config mesh_param config_params",
        Effect.INITIALISES,
        Effect.WRAPS,
        subject="model",
        returns=(
            _ENGINE,
            "deepspeed.runtime.Optimizer",
            "deepspeed.runtime.dataloader.DeepSpeedDataLoader",
            "deepspeed.runtime.lr_schedules.Scheduler",
        ),
        keeps=("model",),
    ),
    row(
        "deepspeed.init_distributed",
        "dist_backend auto_mpi_discovery distributed_port verbose timeout init_method dist_init_required config rank "
        "world_size",
        Effect.INITIALISES,
    ),
    row(
        "deepspeed.moe.layer.MoE",
        "hidden_size expert num_experts ep_size k",
        returns="deepspeed.moe.layer.MoE",
        keeps=("expert",),
    ),
    row("deepspeed.add_config_arguments", "parser", subject="parser", returns="subject"),
    row("deepspeed.init_inference", "model config", Effect.WRAPS, subject="model"),
    row(_ENGINE + ".__call__", "", Effect.COLLECTIVE),
    *(
        row(f"{_ENGINE}.{name}", "", Effect.QUERIES, answer=answer)
        for name, answer in (
            ("global_rank", Answer.RANK),
            ("local_rank", Answer.LOCAL_RANK),
            ("world_size", Answer.SIZE),
            ("global_steps", Answer.COUNT),
            ("micro_steps", Answer.COUNT),
            ("global_samples", Answer.COUNT),
        )
    ),
    *(
        row(f"{_ENGINE}.{name}", "", Effect.QUERIES, answer=Answer.SETTING, method=True)
        for name in ("gradient_accumulation_steps", "train_batch_size", "train_micro_batch_size_per_gpu")
    ),
    row(_ENGINE + ".is_gradient_accumulation_boundary", "", Effect.QUERIES, answer=Answer.TURN, method=True),
    row(_ENGINE + ".backward", "loss retain_graph scale_wrt_gas", Effect.BACKWARD, Effect.COLLECTIVE),
    row(_ENGINE + ".step", "lr_kwargs", Effect.STEPS, Effect.COLLECTIVE),
    row(
        _ENGINE + ".save_checkpoint",
        "save_dir tag client_state save_latest exclude_frozen_parameters",
        Effect.SAVES,
        Effect.COLLECTIVE,
        path="save_dir",
    ),
    row(
        _ENGINE + ".load_checkpoint",
        "load_dir tag load_module_strict load_optimizer_states load_lr_scheduler_states load_module_only "
        "custom_load_fn",
        Effect.LOADS,
        Effect.COLLECTIVE,
        path="load_dir",
    ),
    row(
        _ENGINE + ".save_16bit_model",
        "save_dir save_filename exclude_frozen_parameters",
        Effect.SAVES,
        Effect.COLLECTIVE,
        path="save_dir",
    ),
    *(
        replace(entry, name=entry.name.replace("torch.distributed.", "deepspeed.comm."))
        for entry in torch_distributed.ROWS
        if entry.name.count(".") == 2 and entry.name != "torch.distributed.init_process_group"
    ),
    row(
        "deepspeed.comm.init_distributed",
        "dist_backend auto_mpi_discovery distributed_port verbose timeout init_method dist_init_required config rank "
        "world_size",
        Effect.INITIALISES,
    ),
)
