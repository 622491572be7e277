"""Files with parameters of Open MPI; tools/mpi_files.py names where it is written what they mean."""

from __future__ import annotations

import pytest

from dtlint.run.mca import settings
from tests.test_jobs import TRAIN, run

TUNING = """\
# for the cluster
-x NCCL_DEBUG=INFO --mca btl_tcp_if_include eth1 -x TOKEN
-mca pml ob1
coll_tuned_use_dynamic_rules=1   # a comment is no part of what mpirun takes for a word
"""
CONFIGURATION = """\
# of the site
btl_tcp_if_include = ib0
mpi_show_handle_leaks = 1
"""


def launch(command: str, before: str = "", files: dict[str, str] | None = None):
    job = run({"run.sh": f"#!/bin/bash\n{before}\n{command} python train.py\n", "train.py": TRAIN, **(files or {})})
    (found,) = job.launches
    return found, job


@pytest.mark.parametrize("option", ["--tune", "-tune", "--am", "--amca"])
def test_what_a_tuning_file_sets(option: str) -> None:
    found, _ = launch(f"mpirun -np 2 {option} tuned.conf", files={"tuned.conf": TUNING})
    given = {name: value.string for name, value in settings(found).items()}
    assert given["btl_tcp_if_include"] == "eth1"
    assert given["pml"] == "ob1"
    assert settings(found)["btl_tcp_if_include"].at.path == "tuned.conf"


@pytest.mark.parametrize(
    ("command", "before", "interface"),
    [
        ("mpirun -np 2 --tune tuned.conf", "", "eth1"),
        ("mpirun -np 2 --tune tuned.conf", "export OMPI_MCA_btl_tcp_if_include=eth2", "eth2"),
        ("mpirun -np 2 --tune tuned.conf --mca btl_tcp_if_include eth3", "", "eth3"),
        ("mpirun -np 2 --mca mca_base_param_files site.conf", "", "ib0"),
        ("mpirun -np 2", "export OMPI_MCA_mca_base_param_files=site.conf", "ib0"),
        ("mpirun -np 2 --tune tuned.conf --mca mca_base_param_files site.conf", "", "eth1"),
        ("mpirun -np 2 --tune tuned.conf,site.conf", "", "eth1"),
        ("mpirun -np 2", "", None),
    ],
)
def test_which_of_them_wins(command: str, before: str, interface: str | None) -> None:
    found, _ = launch(command, before, {"tuned.conf": TUNING, "site.conf": CONFIGURATION})
    given = settings(found).get("btl_tcp_if_include")
    assert (given.string if given is not None else None) == interface


def test_variables_of_a_tuning_file_reach_other_hosts() -> None:
    before = "export TOKEN=me SECRET=1"
    found, job = launch("mpirun -np 2 -H a:1,b:1 --tune tuned.conf", before, {"tuned.conf": TUNING})
    assert found.config.is_unknown is False
    far = [process for process in job.processes if process.node == 1]
    assert far
    assert {process.environment.get("NCCL_DEBUG").string for process in far} == {"INFO"}
    assert {process.environment.get("TOKEN").string for process in far} == {"me"}
    assert not any(process.environment.set("SECRET") for process in far)
    assert far[0].environment.left_behind("SECRET").string == "1"


def test_a_file_that_is_not_there_may_name_any_variable() -> None:
    _, job = launch("mpirun -np 2 -H a:1,b:1 --tune elsewhere.conf", "export SECRET=1")
    far = [process for process in job.processes if process.node == 1]
    assert far[0].environment.left_behind("SECRET").is_absent
