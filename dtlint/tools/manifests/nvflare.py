"""Jobs of NVIDIA FLARE: the `meta.json` (or `meta.yml`) of a job's folder says which apps are sent to which sites.

https://nvflare.readthedocs.io/en/main/real_world_fl/job.html; what each client then starts its app's configuration
says, which is not followed.  `meta.conf` (HOCON) is not read.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.site import Site
from dtlint.job.workload import Workload
from dtlint.source import Source
from dtlint.value import Value
from dtlint.value.value import Fields

KINDS: Final[frozenset[str]] = frozenset()


def recognises(record: Value) -> bool:
    return isinstance(record.field("deploy_map").content, Fields)


def read(record: Value, site: Site, source: Source) -> Workload | None:
    return Workload("NVFLARE job", record.field("name"), record.field("deploy_map").at, record, ())
