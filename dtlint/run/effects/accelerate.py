"""Hugging Face accelerate: signatures as in accelerate/accelerator.py of 1.x."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Answer, Effect, Row, row

_A: Final = "accelerate.Accelerator"
_STATES: Final = (_A, "accelerate.PartialState", "accelerate.state.AcceleratorState")
_Q: Final = Effect.QUERIES

ROWS: Final[tuple[Row, ...]] = (
    row(
        _A,
        "device_placement split_batches mixed_precision gradient_accumulation_steps cpu dataloader_config "
        "deepspeed_plugin fsdp_plugin torch_tp_plugin megatron_lm_plugin rng_types log_with project_dir project_config "
        "gradient_accumulation_plugin step_scheduler_with_optimizer kwargs_handlers dynamo_backend",
        Effect.INITIALISES,
        Effect.BINDS_DEVICE,
        returns=_A,
    ),
    row("accelerate.PartialState", "cpu", Effect.INITIALISES, Effect.BINDS_DEVICE, returns="accelerate.PartialState"),
    row(_A + ".prepare", "", Effect.PREPARES, Effect.WRAPS, Effect.COLLECTIVE),
    row(_A + ".prepare_model", "model device_placement evaluation_mode", Effect.PREPARES, Effect.WRAPS,
        Effect.COLLECTIVE, subject="model"),
    row(_A + ".prepare_data_loader", "data_loader device_placement slice_fn_for_dispatch", Effect.PREPARES,
        subject="data_loader"),
    row(_A + ".prepare_optimizer", "optimizer device_placement", Effect.PREPARES, subject="optimizer"),
    row(_A + ".prepare_scheduler", "scheduler", Effect.PREPARES, subject="scheduler"),
    row(_A + ".backward", "loss", Effect.BACKWARD, Effect.COLLECTIVE, subject="loss"),
    row(_A + ".clip_grad_norm_", "parameters max_norm norm_type", Effect.COLLECTIVE),
    row(_A + ".gather", "tensor", Effect.COLLECTIVE, subject="tensor"),
    row(_A + ".gather_for_metrics", "input_data use_gather_object", Effect.COLLECTIVE, subject="input_data"),
    row(_A + ".reduce", "tensor reduction scale", Effect.COLLECTIVE, subject="tensor"),
    row(_A + ".pad_across_processes", "tensor dim pad_index pad_first", Effect.COLLECTIVE, subject="tensor"),
    row(_A + ".wait_for_everyone", "", Effect.COLLECTIVE),
    row("accelerate.PartialState.wait_for_everyone", "", Effect.COLLECTIVE),
    row(_A + ".unwrap_model", "model keep_fp32_wrapper keep_torch_compile", subject="model", returns="subject"),
    row(_A + ".accumulate", "", Effect.CONTEXT),
    row(_A + ".no_sync", "model", Effect.CONTEXT, subject="model"),
    row(_A + ".autocast", "", Effect.CONTEXT),
    row(_A + ".main_process_first", "", Effect.CONTEXT),
    row(_A + ".local_main_process_first", "", Effect.CONTEXT),
    row(_A + ".save", "obj f safe_serialization", Effect.SAVES, subject="obj", path="f"),
    row(_A + ".save_state", "output_dir safe_serialization", Effect.SAVES, path="output_dir"),
    row(_A + ".load_state", "input_dir load_kwargs", Effect.LOADS, path="input_dir"),
    row(_A + ".save_model", "model save_directory max_shard_size safe_serialization", Effect.SAVES,
        path="save_directory", subject="model"),
    row(_A + ".get_state_dict", "model unwrap", subject="model"),
    row(_A + ".print", ""),
    row("accelerate.utils.set_seed", "seed device_specific deterministic", Effect.SEEDS, seed="seed"),
    *(
        row(f"{state}.{name}", "", _Q, answer=answer)
        for state in _STATES
        for name, answer in (
            ("process_index", Answer.RANK),
            ("local_process_index", Answer.LOCAL_RANK),
            ("num_processes", Answer.SIZE),
            ("is_main_process", Answer.IS_MAIN),
            ("is_local_main_process", Answer.IS_LOCAL_MAIN),
            ("device", Answer.DEVICE),
        )
    ),
)
