from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.containers import joins_by_nccl, loading_workers, worlds
from dtlint.run.epochs import LOADER
from dtlint.run.image_batches import least_bytes
from dtlint.value import FALSE

SMALL = 64 * 1024 * 1024
ENOUGH_TO_FILL_IT = 4
"""Processes whose segments alone, 7 to 10 MB for each connection, are more than 64 MiB; two of them fit."""


def check(run: Run):
    for container in run.containers():
        if run.put_together and container.kind == "pod":
            continue  # what is put together may mount more
        size = container.shared_memory
        for world, process in worlds(run, container):
            group, loader = joins_by_nccl(process), loading_workers(process)
            beside, least = world.per_node, 2 if loader else ENOUGH_TO_FILL_IT
            switched = loader is None and not process.variable("NCCL_SHM_DISABLE").is_unknown
            if size.is_absent or group is None or switched:
                continue
            batch = least_bytes(loader[0]) if loader and loader[0].name == LOADER else None
            # All processes load at once, and each has one batch there at least.
            overfull = size < batch * beside if batch is not None else FALSE
            loads = [("and load data here", loader[0])] if loader else []
            each = f" with {loader[1]} data loading workers each" if loader else ""
            if overfull.always:
                each += f" and batches of {(batch.integer or 0) // 1024**2} MiB or more"
            yield Finding(
                when=(size > 0) & (((size <= SMALL) & (beside >= least)) | (overfull & (beside >= 2))),
                at=near(size, container.at) if size.integer != SMALL else container.at,
                because=(beside, ("they meet by NCCL", group), *loads),
                size=(size.integer or 0) // 1024**2,
                processes=beside,
                each=each,
            )
            break
