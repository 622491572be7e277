"""What dtlint calls refused is what API servers and operators refuse, and nothing that they take."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dtlint.catalog import load_rules
from dtlint.diagnostic import Severity
from dtlint.job.site import Cluster
from dtlint.judge import Verdicts
from dtlint.run.jobs import Jobs
from dtlint.value import absent
from tests.admitted import KINDS, Manifest, manifests, reasons
from tests.memory_files import MemoryFiles

REFUSED = frozenset({"manifest-refused", "gpu-request-without-limit"})
"""Rules that say that a manifest, or its pods, are not taken."""
RULES = [rule for rule in load_rules().rules if rule.id in REFUSED]


def said(manifest: Manifest) -> list[str]:
    text = yaml.safe_dump(manifest, sort_keys=False)
    cluster = Cluster(absent(), absent())
    jobs = Jobs(MemoryFiles({"job.yaml": text}), shells=(), scripts=(), manifests=("job.yaml",), cluster=cluster)
    verdicts = Verdicts(lambda rule: Severity.ERROR)
    for run in jobs.runs():
        verdicts.judge(run, RULES)
    assert not verdicts.failed
    return [f"{found.rule}: {found.message}" for found in verdicts.diagnostics(RULES)]


@pytest.mark.parametrize(("version", "kind"), KINDS, ids=[f"{version}-{kind}" for version, kind in KINDS])
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_called_refused_is_what_the_operators_refuse(version: str, kind: str, data: Any) -> None:
    manifest = data.draw(manifests(version, kind))
    assert bool(said(manifest)) == bool(reasons(manifest)), (said(manifest), reasons(manifest))
