"""transformers: the Trainer, which holds the whole training loop, and its arguments."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Answer, Effect, Row, row

_T: Final = "transformers.Trainer"
_A: Final = "transformers.TrainingArguments"
_TRAINER: Final = (
    "model args data_collator train_dataset eval_dataset processing_class model_init compute_loss_func "
    "compute_metrics callbacks optimizers optimizer_cls_and_kwargs preprocess_logits_for_metrics"
)

ROWS: Final[tuple[Row, ...]] = (
    row(_T, _TRAINER, Effect.WRAPS, subject="model", returns=_T, keeps=("model", "args", "train_dataset", "callbacks"),
        hands_on=True),
    row(_T + ".train", "resume_from_checkpoint trial ignore_keys_for_eval", Effect.TRAINS, Effect.COLLECTIVE),
    row(_T + ".evaluate", "eval_dataset ignore_keys metric_key_prefix", Effect.COLLECTIVE),
    row(_T + ".predict", "test_dataset ignore_keys metric_key_prefix", Effect.COLLECTIVE),
    row(_T + ".save_model", "output_dir _internal_call", Effect.SAVES, path="output_dir"),
    row(_T + ".save_state", "", Effect.SAVES),
    row("?.gradient_checkpointing_enable", "gradient_checkpointing_kwargs"),
    row("?.activation_checkpointing_enable", "activation_checkpointing_kwargs"),
    row(_A, "output_dir", Effect.INITIALISES, returns=_A),
    row("transformers.set_seed", "seed deterministic", Effect.SEEDS, seed="seed"),
    *(
        row(f"{_A}.{name}", "", Effect.QUERIES, answer=answer)
        for name, answer in (
            ("local_rank", Answer.LOCAL_RANK),
            ("local_process_index", Answer.LOCAL_RANK),
            ("process_index", Answer.RANK),
            ("world_size", Answer.SIZE),
            ("device", Answer.DEVICE),
            ("should_save", Answer.IS_MAIN),
        )
    ),
    row("transformers.TrainerControl.asked", "flag"),
    *(
        row(f"transformers.TrainerState.is_{where}_process_zero", "", Effect.QUERIES, answer=answer)
        for where, answer in (("world", Answer.IS_MAIN), ("local", Answer.IS_LOCAL_MAIN))
    ),
    row(_T + ".is_world_process_zero", "", Effect.QUERIES, answer=Answer.IS_MAIN, method=True),
    row(_T + ".is_local_process_zero", "", Effect.QUERIES, answer=Answer.IS_LOCAL_MAIN, method=True),
    row(_A + ".main_process_first", "local desc", Effect.CONTEXT),
)
