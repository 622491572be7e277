"""Data-parallel and sharded modules of torch, and what is done with any module and optimizer."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Effect, Row, row

_DDP: Final = "torch.nn.parallel.DistributedDataParallel"
_FSDP: Final = "torch.distributed.fsdp.FullyShardedDataParallel"

_OPTIMIZERS: Final = "Adadelta Adafactor Adagrad Adam AdamW Adamax ASGD LBFGS NAdam RAdam RMSprop Rprop SGD SparseAdam"

ROWS: Final[tuple[Row, ...]] = (
    row(
        _DDP,
        "module device_ids output_device dim broadcast_buffers init_sync process_group bucket_cap_mb "
        "find_unused_parameters check_reduction gradient_as_bucket_view static_graph",
        Effect.WRAPS,
        Effect.COLLECTIVE,
        subject="module",
        group="process_group",
        returns=_DDP,
        keeps=("module",),
    ),
    row(_DDP + ".no_sync", "", Effect.CONTEXT),
    row(_DDP + ".join", "divide_by_initial_world_size enable throw_on_early_termination", Effect.CONTEXT),
    row(_DDP + ".__call__", "", Effect.COLLECTIVE),
    row(
        "torch.nn.DataParallel",
        "module device_ids output_device dim",
        Effect.WRAPS,
        subject="module",
        returns="torch.nn.DataParallel",
        keeps=("module",),
    ),
    row(
        _FSDP,
        "module process_group sharding_strategy cpu_offload auto_wrap_policy backward_prefetch mixed_precision "
        "ignored_modules param_init_fn device_id sync_module_states forward_prefetch limit_all_gathers "
        "use_orig_params ignored_states device_mesh",
        Effect.WRAPS,
        Effect.COLLECTIVE,
        subject="module",
        group="process_group",
        device="device_id",
        returns=_FSDP,
        keeps=("module",),
    ),
    row(_FSDP + ".__call__", "", Effect.COLLECTIVE),
    row(_FSDP + ".state_dict", "", Effect.COLLECTIVE),
    row(_FSDP + ".load_state_dict", "state_dict strict assign", Effect.COLLECTIVE),
    row(_FSDP + ".clip_grad_norm_", "max_norm norm_type", Effect.COLLECTIVE),
    row(_FSDP + ".summon_full_params", "module recurse writeback rank0_only offload_to_cpu with_grads",
        Effect.CONTEXT, Effect.COLLECTIVE),
    row(_FSDP + ".full_optim_state_dict", "model optim", Effect.COLLECTIVE),
    row(_FSDP + ".optim_state_dict", "model optim", Effect.COLLECTIVE),
    row(
        "torch.distributed.fsdp.fully_shard",
        "module mesh reshard_after_forward shard_placement_fn mp_policy offload_policy ignored_params",
        Effect.WRAPS,
        subject="module",
        returns="subject",
    ),
    row(
        "torch.distributed.tensor.parallel.parallelize_module",
        "module device_mesh parallelize_plan src_data_rank",
        Effect.COLLECTIVE,
        subject="module",
        group="device_mesh",
        returns="subject",
    ),
    row(
        "torch.nn.SyncBatchNorm.convert_sync_batchnorm",
        "module process_group",
        subject="module",
        group="process_group",
        returns="subject",
    ),
    row("torch.nn.utils.clip_grad_norm_", "parameters max_norm norm_type error_if_nonfinite foreach"),
    row(
        "torch.amp.GradScaler",
        "device init_scale growth_factor backoff_factor growth_interval enabled",
        returns="torch.amp.GradScaler",
    ),
    row(
        "torch.cuda.amp.GradScaler",
        "init_scale growth_factor backoff_factor growth_interval enabled",
        returns="torch.cuda.amp.GradScaler",
    ),
    row("?.backward", "gradient", Effect.BACKWARD),
    row("torch.Tensor.backward", "gradient", Effect.BACKWARD),
    *(
        row(
            f"torch.optim.{name}",
            "params lr",
            Effect.BUILDS_OPTIMIZER,
            subject="params",
            returns=f"torch.optim.{name}",
            keeps=("params",),
        )
        for name in _OPTIMIZERS.split()
    ),
    row(
        "torch.distributed.optim.ZeroRedundancyOptimizer",
        "params optimizer_class process_group parameters_as_bucket_view overlap_with_ddp",
        Effect.BUILDS_OPTIMIZER,
        subject="params",
        returns="torch.distributed.optim.ZeroRedundancyOptimizer",
        keeps=("params",),
    ),
)
