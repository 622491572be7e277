"""TensorFlow: tf.distribute, tf.data and Keras callbacks; signatures as in TensorFlow 2.x (tensorflow/python)."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Effect, Row, row

DATASET: Final = "tensorflow.data.Dataset"
STRATEGY: Final = "tensorflow.distribute.MultiWorkerMirroredStrategy"
REPLICATING: Final = (STRATEGY, "tensorflow.distribute.MirroredStrategy")
"""Strategies whose `run` calls a function once for each of several replicas, all with a copy of the model."""

DEALS: Final = ("distribute_datasets_from_function", "experimental_distribute_datasets_from_function")
"""Methods of a strategy that call a function in each worker for its data set."""

_SOURCES: Final = {
    f"{DATASET}.from_tensor_slices": "tensors name",
    f"{DATASET}.from_tensors": "tensors name",
    f"{DATASET}.from_generator": "generator output_types output_shapes args output_signature name",
    f"{DATASET}.list_files": "file_pattern shuffle seed name",
    f"{DATASET}.range": "start stop step",
    f"{DATASET}.zip": "datasets name",
    "tensorflow.data.TFRecordDataset": "filenames compression_type buffer_size num_parallel_reads name",
    "tensorflow.data.TextLineDataset": "filenames compression_type buffer_size num_parallel_reads name",
    "tensorflow.data.FixedLengthRecordDataset": "filenames record_bytes",
}
_STEPS: Final = {
    "apply": "transformation_func",
    "batch": "batch_size drop_remainder num_parallel_calls deterministic name",
    "cache": "filename name",
    "concatenate": "dataset name",
    "enumerate": "start name",
    "filter": "predicate name",
    "flat_map": "map_func name",
    "interleave": "map_func cycle_length block_length num_parallel_calls deterministic name",
    "map": "map_func num_parallel_calls deterministic name",
    "padded_batch": "batch_size padded_shapes padding_values drop_remainder name",
    "prefetch": "buffer_size name",
    "repeat": "count name",
    "shard": "num_shards index name",
    "shuffle": "buffer_size seed reshuffle_each_iteration name",
    "skip": "count name",
    "take": "count name",
    "unbatch": "name",
    "window": "size shift stride drop_remainder name",
    "with_options": "options name",
}
"""Methods of a data set that give another one.  The functions that they take become part of TensorFlow's graph."""

ROWS: Final[tuple[Row, ...]] = (
    row(STRATEGY, "cluster_resolver communication_options", Effect.INITIALISES, family="tensorflow", returns=STRATEGY),
    *(row(name, signature, returns=DATASET) for name, signature in _SOURCES.items()),
    *(row(f"{DATASET}.{name}", signature, returns=DATASET) for name, signature in _STEPS.items()),
    *(
        row(f"tensorflow.keras.{cls}.{method}", "filepath overwrite", Effect.SAVES, Effect.WRITES, path="filepath")
        for cls in ("Model", "Sequential")
        for method in ("save", "save_weights")
    ),
    *(
        row(f"{keras}.callbacks.ModelCheckpoint",
            "filepath monitor verbose save_best_only save_weights_only mode save_freq",
            returns=f"{keras}.callbacks.ModelCheckpoint")
        for keras in ("tensorflow.keras", "keras")
    ),
    # They keep what they are given to write or fill it, and call none of it.
    row("tensorflow.train.Checkpoint", "root", returns="tensorflow.train.Checkpoint"),
    row("tensorflow.train.CheckpointManager", "checkpoint directory max_to_keep keep_checkpoint_every_n_hours",
        returns="tensorflow.train.CheckpointManager"),
    *(
        row(f"{keras}.callbacks.LearningRateScheduler", "schedule verbose",
            returns=f"{keras}.callbacks.LearningRateScheduler")
        for keras in ("tensorflow.keras", "keras")
    ),
)
