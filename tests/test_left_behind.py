"""Which variables launchers that use ssh leave behind on the host where they are started."""

from __future__ import annotations

import pytest

from tests.test_jobs import run

TRAIN = "import os\nos.environ['DATA']\n"


def left(command: str, **files: str) -> list[bool]:
    """Of the first and the last process, whether DATA stayed behind."""
    job = run({"run.sh": f"#!/bin/bash\nexport DATA=/data\n{command}\n", "train.py": TRAIN, **files})
    return [not job.processes[at].environment.left_behind("DATA").is_absent for at in (0, -1)]


@pytest.mark.parametrize(
    ("options", "behind"),
    [
        ("-H localhost:2,b:2", [False, True]),
        ("-H localhost:2,b:2 -x DATA", [False, False]),
        ("-H localhost:2,b:2 --mca mca_base_env_list DATA", [False, False]),
        ("-hosts localhost,b -genv A 1", [False, False]),
        ("$OPTIONS -H localhost:2,b:2", [False, False]),
    ],
)
def test_what_mpirun_leaves_behind(options: str, behind: list[bool]):
    assert left(f"mpirun -np 4 {options} python train.py") == behind


def test_a_variable_that_is_set_again_is_not_missed():
    assert left("mpirun -np 4 -H localhost:2,b:2 env DATA=/other python train.py") == [False, False]
