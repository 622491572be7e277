"""Where Ray Train keeps checkpoints and results, and whether the workers of all nodes find one folder there.

The driver leaves a file under `storage_path`, and each worker looks for it (`StorageContext._check_validation_file` of
python/ray/train/_internal/storage.py): "Check that all nodes in the cluster have read/write access to the configured
storage path".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.record import record
from dtlint.run.host import Host
from dtlint.run.ray_clusters import Asked, asked
from dtlint.run.script.objects import maker
from dtlint.run.script.trace import Event
from dtlint.value import Value

_CONFIG: Final = "ray.train.RunConfig"
_OF_ONE_NODE: Final = ("/tmp/", "/var/tmp/", "/dev/shm/")
_FILE: Final = "file://"


@record(eq=False)
class Stored:
    """A folder of one node for a trainer whose workers one node cannot hold."""

    config: Event
    path: Value
    asked: Asked
    needed: Value
    """GPUs of all workers together."""
    offered: Value
    """GPUs of the largest node."""


def stored_on_one_node(run: Run) -> Iterator[Stored]:
    """One for each such trainer that surely is made."""
    for process in run.processes:
        if process.run is None or process.spawned_by is not None:
            continue
        for one in asked(process):
            config = maker(one.trainer.thing("run_config") or one.trainer.keywords.get("run_config"))
            if config is None or config.name != _CONFIG or config.open or one.gpus is None:
                continue
            path, hosts = config.argument("storage_path"), _hosts(run, process)
            offered = _most(hosts)
            if offered is not None and _of_one_node(path, hosts):
                yield Stored(config, path, one, one.gpus, offered)


def _hosts(run: Run, process: Process) -> tuple[Host, ...]:
    """The nodes or pods of the job that the process is a part of."""
    if run.allocation is not None and process.host in run.allocation.hosts:
        return run.allocation.hosts
    return next((workload.hosts for workload in run.workloads if process.host in workload.hosts), ())


def _most(hosts: tuple[Host, ...]) -> Value | None:
    counts = [host.gpus.integer for host in hosts]
    found = [count for count in counts if count is not None]
    if not found or len(found) < len(counts):
        return None
    return next(host.gpus for host in hosts if host.gpus.integer == max(found))


def _of_one_node(path: Value, hosts: tuple[Host, ...]) -> bool:
    text = (path.string or "").removeprefix(_FILE)
    folder = f"{text.rstrip('/')}/"
    mounted = (place for host in hosts for place in host.shared or ())
    return folder.startswith(_OF_ONE_NODE) and not any(folder.startswith(f"{place.rstrip('/')}/") for place in mounted)
