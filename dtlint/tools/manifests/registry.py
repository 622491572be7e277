"""Which kind of document is read by whom: every module of this folder that has KINDS and `read` is one."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from typing import Protocol, cast

from dtlint.job.site import Site
from dtlint.job.workload import Workload
from dtlint.source import Source
from dtlint.value import Fields, Value


class Manifest(Protocol):
    KINDS: frozenset[str]
    """API group and kind, such as `kubeflow.org/PyTorchJob`; `compose`."""

    def read(self, record: Value, site: Site, source: Source) -> Workload | None:
        """The workload of one document with its launch; None where it starts nothing that can be read."""
        ...


@functools.cache
def kinds() -> Mapping[str, Manifest]:
    import dtlint.tools.manifests as package

    found: dict[str, Manifest] = {}
    for entry in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{entry.name}")
        if hasattr(module, "KINDS"):
            manifest = cast(Manifest, module)
            found.update(dict.fromkeys(manifest.KINDS, manifest))
    return found


def reader(record: Value) -> Manifest | None:
    """Who reads a document, by its `apiVersion` and `kind`; a compose file has `services` instead."""
    version, kind = record.field("apiVersion").string, record.field("kind").string
    if isinstance(record.field("services").content, Fields) and record.field("apiVersion").is_absent:
        return kinds().get("compose")
    if version is None or kind is None:
        return None
    group = version.rpartition("/")[0]
    return kinds().get(f"{group}/{kind}")
