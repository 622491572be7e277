"""Horovod for torch, TensorFlow and Keras: signatures as in horovod/torch/mpi_ops.py and functions.py of 0.28."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Answer, Effect, Row, row

_MODULES: Final = ("horovod.torch", "horovod.tensorflow", "horovod.keras", "horovod.tensorflow.keras", "horovod.mxnet")
_C: Final = Effect.COLLECTIVE
_Q: Final = Effect.QUERIES


def _rows(module: str) -> tuple[Row, ...]:
    def named(name: str, signature: str, *effects: Effect, **columns: object) -> Row:
        return row(f"{module}.{name}", signature, *effects, **{"family": "horovod", **columns})

    return (
        named("init", "comm process_sets", Effect.INITIALISES),
        named("shutdown", "", Effect.DESTROYS),
        named("rank", "", _Q, answer=Answer.RANK),
        named("local_rank", "", _Q, answer=Answer.LOCAL_RANK),
        named("size", "", _Q, answer=Answer.SIZE),
        named("local_size", "", _Q, answer=Answer.LOCAL_SIZE),
        named("is_initialized", "", _Q, answer=Answer.INITIALISED),
        named("allreduce", "tensor average name compression op", _C, subject="tensor"),
        named("allreduce_", "tensor average name op", _C, subject="tensor"),
        named("grouped_allreduce", "tensors average name compression op", _C, subject="tensors"),
        named("grouped_allreduce_", "tensors average name op", _C, subject="tensors"),
        named("allgather", "tensor name", _C, subject="tensor"),
        named("allgather_object", "obj name", _C, subject="obj"),
        named("broadcast", "tensor root_rank name", _C, subject="tensor"),
        named("broadcast_", "tensor root_rank name", _C, subject="tensor"),
        named("broadcast_object", "obj root_rank name", _C, subject="obj"),
        named("broadcast_parameters", "params root_rank", _C, subject="params"),
        named("broadcast_optimizer_state", "optimizer root_rank", _C, subject="optimizer"),
        named("broadcast_variables", "variables root_rank", _C, subject="variables"),
        named("broadcast_global_variables", "root_rank", _C),
        named("barrier", "", _C),
        named("join", "device", _C),
        named(
            "DistributedOptimizer",
            "optimizer named_parameters compression backward_passes_per_step op",
            Effect.WRAPS,
            subject="optimizer",
            returns=f"{module}.DistributedOptimizer",
            keeps=("optimizer",),
        ),
        named(
            "DistributedGradientTape",
            "gradtape device_dense device_sparse compression",
            Effect.WRAPS,
            subject="gradtape",
            returns=f"{module}.DistributedGradientTape",
        ),
        named("callbacks.BroadcastGlobalVariablesCallback", "root_rank device", _C),
        named("callbacks.MetricAverageCallback", "device", _C),
        named(
            "callbacks.LearningRateWarmupCallback",
            "initial_lr warmup_epochs momentum_correction steps_per_epoch verbose",
            returns=f"{module}.callbacks.LearningRateWarmupCallback",
        ),
    )


ROWS: Final[tuple[Row, ...]] = tuple(entry for module in _MODULES for entry in _rows(module))
