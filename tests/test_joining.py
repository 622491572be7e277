"""How processes join the default group, read off scripts that were run on paper."""

from __future__ import annotations

import pytest

from dtlint.job.joining import joinings
from tests.test_jobs import run

TORCHRUN = "#!/bin/bash\ntorchrun --standalone --nproc_per_node=2 train.py\n"


@pytest.mark.parametrize(
    ("call", "sizes"),
    [
        ('"nccl"', [2]),
        ('"nccl", rank=0, world_size=3', [3]),
        ('"fake", rank=0, world_size=64', []),
    ],
)
def test_who_joins_a_group_of_what_size(call: str, sizes: list[int]):
    job = run({"run.sh": TORCHRUN, "train.py": f"import torch.distributed as dist\ndist.init_process_group({call})\n"})
    assert [joining.size.integer for joining in joinings(job.processes[0])] == sizes
