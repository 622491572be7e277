"""GPUs of the machine types that clouds rent: what a job finds where it names one.

AWS: https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html ; Azure:
https://learn.microsoft.com/azure/virtual-machines/sizes/overview#gpu-accelerated ; Google:
https://cloud.google.com/compute/docs/gpus .  Types with a part of a GPU, and those with other accelerators, are left
out.
"""

from __future__ import annotations

from typing import Final

_AWS: Final = {
    **{f"{family}.{size}": 1 for family in ("g4dn", "g5", "g6", "g6e") for size in (
        "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge"
    )},
    **{f"{family}.{size}": count for family in ("g5", "g6", "g6e") for size, count in (
        ("12xlarge", 4), ("24xlarge", 4), ("48xlarge", 8)
    )},
    "g3s.xlarge": 1, "g3.4xlarge": 1, "g3.8xlarge": 2, "g3.16xlarge": 4, "g4dn.12xlarge": 4, "g4dn.metal": 8,
    "g4ad.xlarge": 1, "g4ad.2xlarge": 1, "g4ad.4xlarge": 1, "g4ad.8xlarge": 2, "g4ad.16xlarge": 4,
    "p2.xlarge": 1, "p2.8xlarge": 8, "p2.16xlarge": 16, "p3.2xlarge": 1, "p3.8xlarge": 4, "p3.16xlarge": 8,
    "p3dn.24xlarge": 8, "p4d.24xlarge": 8, "p4de.24xlarge": 8, "p5.4xlarge": 1, "p5.48xlarge": 8, "p5e.48xlarge": 8,
    "p5en.48xlarge": 8, "p6-b200.48xlarge": 8,
}  # fmt: skip
_AZURE: Final = {
    "nc6": 1, "nc12": 2, "nc24": 4, "nc24r": 4, "nc6s_v2": 1, "nc12s_v2": 2, "nc24s_v2": 4, "nc24rs_v2": 4,
    "nc6s_v3": 1, "nc12s_v3": 2, "nc24s_v3": 4, "nc24rs_v3": 4, "nc4as_t4_v3": 1, "nc8as_t4_v3": 1, "nc16as_t4_v3": 1,
    "nc64as_t4_v3": 4, "nc24ads_a100_v4": 1, "nc48ads_a100_v4": 2, "nc96ads_a100_v4": 4, "nc40ads_h100_v5": 1,
    "nc80adis_h100_v5": 2, "nd6s": 1, "nd12s": 2, "nd24s": 4, "nd24rs": 4, "nd40rs_v2": 8, "nd96asr_v4": 8,
    "nd96amsr_a100_v4": 8, "nd96isr_h100_v5": 8, "nd96isr_h200_v5": 8, "nv6": 1, "nv12": 2, "nv24": 4, "nv12s_v3": 1,
    "nv24s_v3": 2, "nv48s_v3": 4, "nv36ads_a10_v5": 1, "nv36adms_a10_v5": 1, "nv72ads_a10_v5": 2,
}  # fmt: skip
_GOOGLE: Final = {
    **{f"a2-{kind}-{count}g": count for kind in ("highgpu", "ultragpu") for count in (1, 2, 4, 8)},
    **{f"a3-highgpu-{count}g": count for count in (1, 2, 4, 8)},
    **{f"g2-standard-{cpus}": 1 for cpus in (4, 8, 12, 16, 32)},
    "a2-megagpu-16g": 16, "a3-edgegpu-8g": 8, "a3-megagpu-8g": 8, "a3-ultragpu-8g": 8, "a4-highgpu-8g": 8,
    "g2-standard-24": 2, "g2-standard-48": 4, "g2-standard-96": 8,
}  # fmt: skip
_GPUS: Final = {**_AWS, **{f"standard_{name}": count for name, count in _AZURE.items()}, **_GOOGLE}


def gpus_of(kind: str | None) -> int | None:
    """The GPUs of a machine type, in any case of letters (SageMaker's begin with `ml.`); None for an unknown one."""
    return _GPUS.get(kind.lower().removeprefix("ml.")) if kind is not None else None
