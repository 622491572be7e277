"""torch.utils.data and the package datasets: loaders, samplers, and who gets which part of a data set."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Effect, Row, row

_D: Final = "torch.utils.data."
_S: Final = _D + "distributed.DistributedSampler"

ROWS: Final[tuple[Row, ...]] = (
    row(
        _D + "DataLoader",
        "dataset batch_size shuffle sampler batch_sampler num_workers collate_fn pin_memory drop_last timeout "
        "worker_init_fn multiprocessing_context generator prefetch_factor persistent_workers pin_memory_device "
        "in_order",
        Effect.ITERATES,
        subject="dataset",
        returns=_D + "DataLoader",
        keeps=("dataset", "sampler", "batch_sampler", "batch_size"),
    ),
    row(
        _S,
        "dataset num_replicas rank shuffle seed drop_last",
        Effect.SHARDS,
        subject="dataset",
        returns=_S,
        keeps=("dataset", "num_replicas", "rank"),
    ),
    row(_S + ".set_epoch", "epoch", Effect.SETS_EPOCH),
    row("?.set_epoch", "epoch", Effect.SETS_EPOCH),
    row("datasets.distributed.split_dataset_by_node", "dataset rank world_size", subject="dataset"),
    *(
        row(_D + name, signature, subject=signature.split()[0], returns=_D + name, keeps=tuple(signature.split()[:1]))
        for name, signature in (
            ("RandomSampler", "data_source replacement num_samples generator"),
            ("SequentialSampler", "data_source"),
            ("SubsetRandomSampler", "indices generator"),
            ("WeightedRandomSampler", "weights num_samples replacement generator"),
            ("BatchSampler", "sampler batch_size drop_last"),
            ("Subset", "dataset indices"),
            ("ConcatDataset", "datasets"),
        )
    ),
    row(_D + "random_split", "dataset lengths generator", subject="dataset"),
    row(_D + "get_worker_info", ""),
)
