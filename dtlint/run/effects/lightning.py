"""Lightning: the Trainer that holds the loop, and Fabric, which leaves it to the script."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Answer, Effect, Row, row

_T: Final = "lightning.pytorch.Trainer"
_M: Final = "lightning.pytorch.LightningModule"
_S: Final = "lightning.pytorch.strategies.Strategy"
_F: Final = "lightning.fabric.Fabric"
_TRAINER: Final = "accelerator strategy devices num_nodes precision logger callbacks fast_dev_run max_epochs"

ROWS: Final[tuple[Row, ...]] = (
    row(_T, _TRAINER, Effect.INITIALISES, returns=_T),
    row(_T + ".fit", "model train_dataloaders val_dataloaders datamodule ckpt_path", Effect.TRAINS, Effect.COLLECTIVE,
        subject="model", hands_on=True),
    row(_T + ".test", "model dataloaders ckpt_path verbose datamodule", Effect.TRAINS, Effect.COLLECTIVE,
        subject="model", hands_on=True),
    row(_T + ".validate", "model dataloaders ckpt_path verbose datamodule", Effect.TRAINS, Effect.COLLECTIVE,
        subject="model", hands_on=True),
    row(_T + ".save_checkpoint", "filepath weights_only storage_options", Effect.SAVES, Effect.COLLECTIVE,
        path="filepath"),
    row(_S + ".barrier", "name", Effect.COLLECTIVE),
    row(_S + ".setup", "model", Effect.PREPARES, Effect.COLLECTIVE, subject="model"),
    row(_S + ".training_step", "model"),
    row(_S + ".backward", "loss", Effect.BACKWARD),
    row(_M + ".all_gather", "data group sync_grads", Effect.COLLECTIVE, group="group", subject="data"),
    row(_M + ".log", "name value prog_bar logger on_step on_epoch reduce_fx enable_graph sync_dist sync_dist_group "
        "add_dataloader_idx batch_size metric_attribute rank_zero_only"),
    row(_M + ".log_dict", "dictionary prog_bar logger on_step on_epoch reduce_fx enable_graph sync_dist "
        "sync_dist_group add_dataloader_idx batch_size rank_zero_only"),
    row("lightning.pytorch.seed_everything", "seed workers", Effect.SEEDS, seed="seed"),
    row(_F, "accelerator strategy devices num_nodes precision plugins callbacks loggers", returns=_F),
    row(_F + ".launch", "function", Effect.INITIALISES),
    row(_F + ".setup", "module", Effect.PREPARES, Effect.WRAPS, Effect.COLLECTIVE),
    row(_F + ".setup_module", "module", Effect.PREPARES, Effect.WRAPS, Effect.COLLECTIVE, subject="module"),
    row(_F + ".setup_optimizers", "", Effect.PREPARES),
    row(_F + ".setup_dataloaders", "", Effect.PREPARES),
    row(_F + ".backward", "tensor", Effect.BACKWARD),
    row(_F + ".barrier", "name", Effect.COLLECTIVE),
    row(_F + ".all_reduce", "data group reduce_op", Effect.COLLECTIVE, group="group", subject="data"),
    row(_F + ".all_gather", "data group sync_grads", Effect.COLLECTIVE, group="group", subject="data"),
    row(_F + ".broadcast", "obj src", Effect.COLLECTIVE, subject="obj"),
    row(_F + ".save", "path state filter", Effect.SAVES, Effect.COLLECTIVE, path="path"),
    row(_F + ".load", "path state strict", Effect.LOADS, Effect.COLLECTIVE, path="path"),
    row(_F + ".seed_everything", "seed workers", Effect.SEEDS, seed="seed"),
    *(
        row(f"{owner}.{name}", "", Effect.QUERIES, answer=answer, family="lightning")
        for owner in (_T, _F, _M)
        for name, answer in (
            ("global_rank", Answer.RANK),
            ("local_rank", Answer.LOCAL_RANK),
            ("world_size", Answer.SIZE),
            ("is_global_zero", Answer.IS_MAIN),
            ("device", Answer.DEVICE),
        )
    ),
)
