"""PaddlePaddle: the place of a process in the job, and loaders: signatures as in python/paddle/distributed/parallel.py,
python/paddle/io/reader.py and python/paddle/io/dataloader/batch_sampler.py of 2.6 and 3."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Answer, Effect, Row, row

_D: Final = "paddle.distributed."
_IO: Final = "paddle.io."

ROWS: Final[tuple[Row, ...]] = (
    row(_D + "get_rank", "group", Effect.QUERIES, answer=Answer.RANK, family="paddle"),
    row(_D + "get_world_size", "group", Effect.QUERIES, answer=Answer.SIZE, family="paddle"),
    row(
        _IO + "DataLoader",
        "dataset feed_list places return_list batch_sampler batch_size shuffle drop_last collate_fn num_workers "
        "use_buffer_reader prefetch_factor use_shared_memory timeout worker_init_fn persistent_workers",
        Effect.ITERATES,
        subject="dataset",
        returns=_IO + "DataLoader",
        keeps=("dataset", "batch_sampler"),
    ),
    row(
        _IO + "DistributedBatchSampler",
        "dataset batch_size num_replicas rank shuffle drop_last",
        Effect.SHARDS,
        subject="dataset",
        returns=_IO + "DistributedBatchSampler",
        keeps=("dataset",),
    ),
)
