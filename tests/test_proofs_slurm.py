"""What Slurm gives its tasks against what is said of them: `make proofs`, as root where Debian's slurmctld, slurmd,
slurm-client and munge are installed and munged runs.

Two nodes of 16 CPUs and 4 GPUs are two daemons on this host; the GPUs are device files without a device.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_jobs import run

pytestmark = pytest.mark.proofs

NODES = ("n1", "n2")
SETTINGS = """\
ClusterName=oracle
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/ctld.log
SlurmdLogFile={folder}/%n.log
SlurmctldPort=17100
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName=n[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port=[17101-17102] CPUs=16 Gres=gpu:4 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
PROBE = """\
import json, os
kept = {name: value for name, value in os.environ.items() if name.startswith("SLURM_")}
with open(os.path.join(os.environ["OUT"], f"{os.getpid()}.json"), "w") as out:
    out.write(json.dumps(kept))
"""
PER_NODE = "--nodes=2|--ntasks-per-node=2"
JOBS = [
    (f"{PER_NODE}|--gpus-per-node=2", "srun"),
    (f"{PER_NODE}|--gpus-per-node=2", ""),
    (f"{PER_NODE}|--cpus-per-task=2", "srun --ntasks-per-node=1"),
    (PER_NODE, "srun -n 2"),
    (PER_NODE, "srun -N1 -n1"),
    (PER_NODE, "srun -m cyclic"),
    (PER_NODE, "srun -m plane=1"),
    (f"{PER_NODE}|--distribution=cyclic", "srun"),
    (f"{PER_NODE}|--distribution=block:cyclic", "srun"),
    (f"{PER_NODE}|--array=0-0", "srun"),
    ("--nodes=2|--gres=gpu:4", "srun"),
    ("--nodes=2|--ntasks=8|--gres=gpu:4", "srun"),
    ("--nodes=2|--ntasks=8|--gres=gpu:4|--exclusive", "srun"),
    ("--nodes=2|--gpus=4", "srun"),
    ("--nodes=2|--gpus=8|--exclusive", "srun"),
    ("--nodes=2|--gpus=4|--exclusive", "srun"),
    ("--gres=gpu:2", "srun --gres=gpu:1"),
    ("-N2|-n3", "srun"),
    ("--ntasks=4", "srun"),
    ("--ntasks=4|--ntasks-per-node=2", "srun"),
]
OPEN = (JOBS[6],)
"""Nothing is said of the ranks of these."""
OWN_OPTIONS = frozenset(("SLURM_LABELIO", "SLURM_DIST_PLANESIZE", "SLURM_JOB_CPUS_PER_NODE_PACK_GROUP_0"))
"""They say an option again in other words, or speak of heterogeneous jobs; no script was seen to read them."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which commands find the cluster."""
    programs = ("slurmctld", "slurmd", "sbatch", "srun", "sinfo", "munge")
    if os.geteuid() or not all(map(shutil.which, programs)):
        pytest.skip("no Slurm, or nobody who may start it")
    if subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode:
        pytest.skip("munged does not run")
    folder = tmp_path_factory.mktemp("slurm")
    (folder / "state").mkdir()
    for number in range(4):
        os.mknod(folder / f"gpu{number}", 0o20666, os.makedev(1, 3))
    (folder / "slurm.conf").write_text(SETTINGS.format(folder=folder, host=socket.gethostname()))
    (folder / "gres.conf").write_text(f"NodeName=n[1-2] Name=gpu File={folder}/gpu[0-3]\n")
    environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
    commands = [["slurmctld", "-D"], *(["slurmd", "-D", "-N", node] for node in NODES)]
    started = [
        subprocess.Popen(one, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for one in commands
    ]
    try:
        for _ in range(60):
            asked = subprocess.run(
                ["sinfo", "-h", "-t", "idle", "-o", "%D"], env=environment, capture_output=True, text=True, check=False
            )
            if asked.stdout.strip() == str(len(NODES)):
                break
            time.sleep(0.5)
        else:
            pytest.skip("the nodes do not come up here")
        yield environment
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(20)


@pytest.mark.parametrize(("header", "command"), JOBS)
def test_tasks_find_what_is_said_of_them(header: str, command: str, cluster: dict[str, str], tmp_path: Path) -> None:
    lines = "".join(f"#SBATCH {option}\n" for option in header.split("|"))
    files = {"job.sbatch": f"#!/bin/bash\n{lines}{command} python3 probe.py\n", "probe.py": PROBE}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    submit = ["sbatch", "--wait", "--output", str(tmp_path / "out"), "job.sbatch"]
    done = subprocess.run(
        submit,
        cwd=tmp_path,
        env={**cluster, "OUT": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    real = {found["SLURM_PROCID"]: found for found in map(json.loads, (p.read_text() for p in tmp_path.glob("*.json")))}
    assert real
    job = run(files)
    assert job.processes
    ranks = [process.variable("SLURM_PROCID").string for process in job.processes]
    known = {rank for rank in ranks if rank is not None}
    assert known <= set(real)
    assert bool(known) is ((header, command) not in OPEN)
    for rank, process in zip(ranks, job.processes, strict=True):
        if rank is None:
            continue
        names = {*real[rank], *(name for name in process.environment if name.startswith("SLURM_"))} - OWN_OPTIONS
        for name in sorted(names):
            value = process.variable(name)
            assert not (value.is_absent and name in real[rank]), f"{name} is said to be absent"
            assert value.string is None or real[rank].get(name) == value.string, name
