"""One name for one thing: frameworks export the same class under several dotted names."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_PREFIXES: Final = (
    ("torch.distributed.distributed_c10d.", "torch.distributed."),
    ("torch.distributed.rendezvous.", "torch.distributed."),
    ("torch.nn.parallel.distributed.", "torch.nn.parallel."),
    ("torch.nn.parallel.data_parallel.", "torch.nn.parallel."),
    ("torch.nn.modules.module.", "torch.nn."),
    ("torch.nn.modules.batchnorm.", "torch.nn."),
    ("torch.distributed.fsdp.fully_sharded_data_parallel.", "torch.distributed.fsdp."),
    ("torch.distributed._composable.fsdp.", "torch.distributed.fsdp."),
    ("torch.distributed._composable.", "torch.distributed.fsdp."),
    ("torch.utils.data.dataloader.", "torch.utils.data."),
    ("torch.utils.data.dataset.", "torch.utils.data."),
    ("torch.utils.data.sampler.", "torch.utils.data."),
    ("torch.multiprocessing.spawn.", "torch.multiprocessing."),
    ("torch.distributed.checkpoint.state_dict_saver.", "torch.distributed.checkpoint."),
    ("torch.distributed.checkpoint.state_dict_loader.", "torch.distributed.checkpoint."),
    ("torch.serialization.", "torch."),
    ("torch.random.", "torch."),
    ("torch.cuda.random.", "torch.cuda."),
    ("torch.optim.adamw.", "torch.optim."),
    ("torch.optim.adam.", "torch.optim."),
    ("torch.optim.sgd.", "torch.optim."),
    ("transformers.trainer_utils.", "transformers."),
    ("transformers.trainer.", "transformers."),
    ("transformers.training_args.", "transformers."),
    ("transformers.hf_argparser.", "transformers."),
    ("accelerate.accelerator.", "accelerate."),
    ("accelerate.launchers.", "accelerate."),
    ("accelerate.state.PartialState", "accelerate.PartialState"),
    ("pytorch_lightning.trainer.trainer.", "lightning.pytorch."),
    ("pytorch_lightning.trainer.", "lightning.pytorch."),
    ("lightning.pytorch.trainer.", "lightning.pytorch."),
    ("pytorch_lightning.utilities.seed.", "lightning.pytorch."),
    ("pytorch_lightning.", "lightning.pytorch."),
    ("lightning_fabric.", "lightning.fabric."),
    ("deepspeed.comm.comm.", "deepspeed.comm."),
    ("deepspeed.utils.distributed.", "deepspeed."),
    ("horovod.torch.mpi_ops.", "horovod.torch."),
    ("horovod.torch.functions.", "horovod.torch."),
    ("horovod.torch.optimizer.", "horovod.torch."),
    ("horovod.tensorflow.mpi_ops.", "horovod.tensorflow."),
    ("horovod.tensorflow.functions.", "horovod.tensorflow."),
    ("tensorflow.compat.v1.", "tensorflow."),
    ("tensorflow.compat.v2.", "tensorflow."),
    ("tensorflow.python.keras.", "tensorflow.keras."),
    ("tensorflow.optimizers.", "tensorflow.keras.optimizers."),
    ("tensorflow.python.distribute.", "tensorflow.distribute."),
    ("tensorflow.distribute.experimental.MultiWorker", "tensorflow.distribute.MultiWorker"),
    ("jax.experimental.maps.Mesh", "jax.sharding.Mesh"),
    ("jax.interpreters.pxla.Mesh", "jax.sharding.Mesh"),
    ("ray.train.torch.torch_trainer.", "ray.train.torch."),
    ("ray.train.torch.train_loop_utils.", "ray.train.torch."),
    ("ray.air.config.", "ray.train."),
    ("multiprocess.", "multiprocessing."),
    ("rich_click.", "click."),
    ("click.decorators.", "click."),
    ("typer.main.", "typer."),
    ("hydra._internal.instantiate._instantiate2.", "hydra.utils."),
)

_NAMES: Final = {
    "torch.utils.data.DistributedSampler": "torch.utils.data.distributed.DistributedSampler",
    "torch.cuda.amp.grad_scaler.GradScaler": "torch.cuda.amp.GradScaler",
    "torch.amp.grad_scaler.GradScaler": "torch.amp.GradScaler",
    "torch.nn.parallel.DataParallel": "torch.nn.DataParallel",
    "torch.nn.modules.SyncBatchNorm": "torch.nn.SyncBatchNorm",
    "torch.nn.modules.Module": "torch.nn.Module",
    "torch.nn.parallel.distributed": "torch.nn.parallel",
    "torch.distributed.init_device_mesh": "torch.distributed.device_mesh.init_device_mesh",
    "torch.distributed.DeviceMesh": "torch.distributed.device_mesh.DeviceMesh",
    "torch.distributed.distributed_c10d": "torch.distributed",
    "lightning.Trainer": "lightning.pytorch.Trainer",
    "lightning.Fabric": "lightning.fabric.Fabric",
    "lightning.seed_everything": "lightning.pytorch.seed_everything",
    "lightning.fabric.seed_everything": "lightning.pytorch.seed_everything",
    "lightning.LightningModule": "lightning.pytorch.LightningModule",
    "lightning.LightningDataModule": "lightning.pytorch.LightningDataModule",
    "pytorch_lightning": "lightning.pytorch",
    "lightning_fabric": "lightning.fabric",
    "transformers.Seq2SeqTrainer": "transformers.Trainer",
    "trl.SFTTrainer": "transformers.Trainer",
    "deepspeed.DeepSpeedEngine": "deepspeed.runtime.engine.DeepSpeedEngine",
    "deepspeed.PipelineEngine": "deepspeed.runtime.engine.DeepSpeedEngine",
    "multiprocess": "multiprocessing",
    "tensorflow.compat.v1": "tensorflow",
    "tensorflow.compat.v2": "tensorflow",
    "tensorflow.python.keras": "tensorflow.keras",
    "ray.air.ScalingConfig": "ray.train.ScalingConfig",
    "jax.Mesh": "jax.sharding.Mesh",
    "rich_click": "click",
    "hydra.instantiate": "hydra.utils.instantiate",
    "nemo.core.config.hydra_runner": "hydra.main",
    "torch.distributed.elastic.multiprocessing.record": "torch.distributed.elastic.multiprocessing.errors.record",
}


@lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """The name under which the tables know `name`."""
    for prefix, replacement in _PREFIXES:
        if name.startswith(prefix):
            name = replacement + name[len(prefix) :]
            break
    return _NAMES.get(name, name)
