"""What Lightning 2.0 took out: arguments of the Trainer, names of strategies, methods, and hooks of modules.

Each was tried with Lightning 2.6, which raises a `TypeError` about an unexpected argument, a `ValueError` about an
invalid strategy or accelerator, an `AttributeError`, or, for a hook, a `NotImplementedError` when the loop begins
(lightning/pytorch/trainer/configuration_validator.py).  What takes their places:
https://lightning.ai/docs/pytorch/2.0.0/upgrade/from_1_8.html and the pages beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.lightning import TRAINER
from dtlint.run.script.loops import MODULE
from dtlint.run.script.objects import ClassObject, FunctionObject, Instance
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.source import Span

_ARGUMENTS: Final = {
    "gpus": 'devices= with accelerator="gpu"',
    "num_processes": 'devices= with accelerator="cpu"',
    "tpu_cores": 'devices= with accelerator="tpu"',
    "ipus": "devices=",
    "auto_select_gpus": 'devices="auto"',
    "distributed_backend": "strategy=",
    "replace_sampler_ddp": "use_distributed_sampler=",
    "resume_from_checkpoint": "ckpt_path= of fit",
    "amp_backend": "precision=",
    "amp_level": "precision=",
    "move_metrics_to_cpu": "a metric on the CPU",
    "multiple_trainloader_mode": "CombinedLoader",
    "track_grad_norm": "the hook on_before_optimizer_step",
    "auto_lr_find": "Tuner.lr_find",
    "auto_scale_batch_size": "Tuner.scale_batch_size",
    "weights_save_path": "default_root_dir=",
    "checkpoint_callback": "enable_checkpointing=",
    "terminate_on_nan": "detect_anomaly=",
}
_STRATEGIES: Final = {
    "dp": "ddp",
    "ddp2": "ddp",
    "ddp_sharded": "fsdp",
    "ddp_sharded_spawn": "fsdp",
    "ddp_fully_sharded": "fsdp",
    "fsdp_native": "fsdp",
    "fsdp_native_full_shard_offload": "fsdp_cpu_offload",
    "tpu_spawn": "xla",
}
"""Those that another package may still bring, such as `horovod` and `colossalai`, are left out."""
_AS_ACCELERATORS: Final = ("ddp", "dp", "ddp2", "ddp_spawn", "ddp_cpu")
_METHODS: Final = {
    "from_argparse_args": "Trainer(**vars(args)) or LightningCLI",
    "add_argparse_args": "options of one's own or LightningCLI",
}
_HOOKS: Final = {
    "fit": ("training_epoch_end", "validation_epoch_end"),
    "validate": ("validation_epoch_end",),
    "test": ("test_epoch_end",),
}
_NOW: Final = {
    "training_epoch_end": "on_train_epoch_end",
    "validation_epoch_end": "on_validation_epoch_end",
    "test_epoch_end": "on_test_epoch_end",
}


@record(eq=False)
class Removal:
    at: Span
    what: str
    instead: str
    because: tuple[tuple[str, Span], ...] = ()


def removals(run: ScriptRun) -> Iterator[Removal]:
    """What the script surely uses of this."""
    for event in run.events:
        if not event.surely or event.caught or not event.name.startswith(TRAINER):
            continue
        method = event.method
        if event.name == TRAINER:
            yield from _of_trainer(event)
        elif event.name == f"{TRAINER}.{method}" and method in _METHODS:
            yield Removal(event.at, f"Trainer.{method}", _METHODS[method])
        elif event.name == f"{TRAINER}.{method}" and method in _HOOKS:
            yield from _of_module(event, method)


def _of_trainer(event: Event) -> Iterator[Removal]:
    for name, instead in _ARGUMENTS.items():
        if name in event.keywords:
            yield Removal(event.argument_at(name), f"Trainer({name}=…)", instead)
    strategy, accelerator = event.argument("strategy").string, event.argument("accelerator").string
    if strategy in _STRATEGIES:
        yield Removal(event.argument_at("strategy"), f'strategy="{strategy}"', f'strategy="{_STRATEGIES[strategy]}"')
    if accelerator in _AS_ACCELERATORS:
        kind = "ddp_spawn" if accelerator in ("ddp_spawn", "ddp_cpu") else "ddp"
        yield Removal(event.argument_at("accelerator"), f'accelerator="{accelerator}"', f'strategy="{kind}"')


def _of_module(event: Event, method: str) -> Iterator[Removal]:
    model = event.thing("model")
    cls = model.cls if isinstance(model, Instance) else None
    if not isinstance(cls, ClassObject) or MODULE not in cls.outside():
        return
    for name in _HOOKS[method]:
        hook = cls.lookup(name)
        if isinstance(hook, FunctionObject):
            yield Removal(hook.at, name, _NOW[name], ((f"called by {method}", event.at),))
