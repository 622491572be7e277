"""GPUs of machine types, by the clouds' own tables."""

from __future__ import annotations

import pytest

from dtlint.job.instances import gpus_of


@pytest.mark.parametrize(
    ("kind", "gpus"),
    [
        ("p4d.24xlarge", 8),
        ("ml.g5.12xlarge", 4),
        ("ml.p3.2xlarge", 1),
        ("Standard_NC96ads_A100_v4", 4),
        ("STANDARD_ND40RS_V2", 8),
        ("a2-megagpu-16g", 16),
        ("g2-standard-24", 2),
        ("m5.xlarge", None),
        ("Standard_NV6ads_A10_v5", None),
        (None, None),
    ],
)
def test_gpus_of_machine_types(kind: str | None, gpus: int | None):
    assert gpus_of(kind) == gpus
