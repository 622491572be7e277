"""Experiment of Katib: what one trial starts.

`trialTemplate.trialSpec` is a whole document of another kind, in which `${trialParameters.NAME}` is filled in:
https://www.kubeflow.org/docs/components/katib/user-guides/trial-template/
"""

from __future__ import annotations

from typing import Final

from dtlint.job.site import Site
from dtlint.job.workload import Workload
from dtlint.source import Source
from dtlint.tools.manifests import registry
from dtlint.value import Value

KINDS: Final = frozenset({"kubeflow.org/Experiment"})


def read(record: Value, site: Site, source: Source) -> Workload | None:
    trial = record.get("spec.trialTemplate.trialSpec")
    manifest = registry.reader(trial)
    return manifest.read(trial, site, source) if manifest is not None else None
