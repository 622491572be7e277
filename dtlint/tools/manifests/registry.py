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
from dtlint.value import Value


class Manifest(Protocol):
    KINDS: frozenset[str]
    """API group and kind, such as `kubeflow.org/PyTorchJob`; empty for documents that name none, which the module's
    `recognises` tells by their fields."""

    def recognises(self, record: Value) -> bool: ...

    def read(self, record: Value, site: Site, source: Source) -> Workload | None:
        """The workload of one document with its launch; None where it starts nothing that can be read."""
        ...


@functools.cache
def kinds() -> Mapping[str, Manifest]:
    return {kind: manifest for manifest in manifests() for kind in manifest.KINDS}


@functools.cache
def manifests() -> tuple[Manifest, ...]:
    import dtlint.tools.manifests as package

    modules = [
        importlib.import_module(f"{package.__name__}.{entry.name}") for entry in pkgutil.iter_modules(package.__path__)
    ]
    return tuple(cast(Manifest, module) for module in modules if hasattr(module, "KINDS"))


def reader(record: Value) -> Manifest | None:
    """Who reads a document, by its `apiVersion` and `kind`, or by its fields."""
    version, kind = record.field("apiVersion").string, record.field("kind").string
    if version is None or kind is None:
        told = (manifest for manifest in manifests() if not manifest.KINDS)
        return next((manifest for manifest in told if manifest.recognises(record)), None)
    group = version.rpartition("/")[0]
    return kinds().get(f"{group}/{kind}")
