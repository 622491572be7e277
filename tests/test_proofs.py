"""What dtlint predicts against what the real launchers do: `make proofs`, which installs them first.

Each command starts a script that writes down its arguments and its environment.  Every value that dtlint claims to know
must be there, every variable that it calls absent must not, and a variable that the launcher sets must be expected.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dtlint.job.process import Process
from tests.test_jobs import run

pytestmark = pytest.mark.proofs

PROBE = """\
import json, os, sys
with open(os.path.join(os.environ["PROBED"], f"{os.getpid()}.json"), "w") as out:
    json.dump({"argv": sys.argv[1:], "env": dict(os.environ)}, out)
"""
BIN = Path(sys.executable).parent
OWN = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "CUDA_VISIBLE_DEVICES")
OF_SHELL = ("_", "SHLVL", "PWD", "OLDPWD")
INTERNAL = (
    "OMPI_",
    "PMIX_",
    "PRTE_",
    "PMI_",
    "IPATH_",
    "OPAL_",
    "ZES_",
    "ACCELERATE_",
    "FSDP_",
    "HFI_",
    "PSM2_",
    "UCX_",
)
"""Variables by which a launcher talks to its own library."""


def started(files: dict[str, str], folder: Path) -> list[dict[str, Any]]:
    out = folder / "out"
    out.mkdir()
    for name, text in {**files, "probe.py": PROBE}.items():
        (folder / name).write_text(text)
    environment = before(folder)
    done = subprocess.run(
        ["bash", "run.sh"], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(path.read_text()) for path in sorted(out.iterdir())]


def before(folder: Path) -> dict[str, str]:
    """What the launch script finds: nothing of the environment of the tests."""
    path = f"{BIN}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(folder), "HF_HOME": str(folder), "PROBED": str(folder / "out")}


def rank_of(environment: dict[str, str]) -> str:
    return environment.get("RANK") or environment.get("OMPI_COMM_WORLD_RANK") or "0"


def agree(process: Process, real: dict[str, Any], folder: Path) -> None:
    found = real["env"]
    assert [word.string for word in process.arguments] == real["argv"]
    for name in {*OWN, *process.environment}:
        value = process.environment.get(name)
        if value.is_absent:
            assert name not in found, name
        elif value.string is not None:
            assert found.get(name) == value.string, name
    known_before = {*before(folder), *OF_SHELL}
    unexpected = {name for name in found if name not in known_before and not name.startswith(INTERNAL)}
    assert unexpected <= {*process.environment} | NOISE


NOISE = frozenset(
    "KMP_AFFINITY KMP_BLOCKTIME PYTORCH_NVML_BASED_CUDA_CHECK PYTHONPATH LD_LIBRARY_PATH LC_CTYPE".split()  # noqa: SIM905
)
"""Set by the launcher's own imports."""

HOST = socket.gethostname()
TWO_PROCESSES = "distributed_type: MULTI_GPU\nnum_processes: 2\nnum_machines: 1\n"
COMMANDS = {
    "torchrun": [
        "torchrun --nproc_per_node=2 probe.py --lr 1",
        "torchrun --nproc-per-node 2 --master_port 29611 --node_rank 0 probe.py --nnodes 3",
        "torchrun --standalone --nproc_per_node=2 --role trainer --max_restarts=3 probe.py",
        "torchrun --nnodes=1:1 --nproc_per_node=2 --rdzv_backend=c10d --rdzv_endpoint=localhost:29612 probe.py",
        "torchrun --nproc_per_node=2 --rdzv_endpoint=127.0.0.1:29613 --master_port 5 probe.py",
        "torchrun --virtual-local-rank --nproc_per_node=2 probe.py",
        "export CUDA_VISIBLE_DEVICES=3,5\ntorchrun --virtual-local-rank --nproc_per_node=2 probe.py",
        "torchrun --nproc_per_node=2 -m probe a b",
        "torchrun --no-python --nproc_per_node=2 python probe.py a",
        "torchrun -t 3 -r 0 --nproc_per_node=2 --signals-to-handle SIGTERM --shutdown-timeout 5 probe.py",
        "export PET_NPROC_PER_NODE=2 PET_STANDALONE=1\ntorchrun probe.py",
        "python -m torch.distributed.run --nproc_per_node=2 -- probe.py a",
        "python -m torch.distributed.launch --nproc_per_node=2 probe.py a",
        "python -m torch.distributed.launch --nproc_per_node=2 --use_env probe.py a",
        "python -m torch.distributed.launch --nproc_per_node=2 -m probe a",
    ],
    "accelerate": [
        "accelerate launch --cpu probe.py a",
        "accelerate launch --multi_gpu --num_processes 2 --main_process_port 29614 probe.py --num_processes 5",
        "accelerate launch --config_file two.yaml --main-process-port 29615 probe.py a",
        "accelerate launch --config_file two.yaml --num_processes 3 --gpu_ids 0,1,2 -m probe a",
        "accelerate launch --config_file no.yaml --num_processes 1 probe.py",
        "accelerate launch --use_fsdp --num_processes 2 --num_machines 1 --rdzv_backend c10d probe.py",
    ],
    "deepspeed": [
        "deepspeed --num_gpus 2 probe.py a",
        "deepspeed --num_gpus=2 --master_port 29616 --module probe a",
        "deepspeed --no_local_rank --num_gpus 2 --master_addr elsewhere probe.py",
        "export CUDA_VISIBLE_DEVICES=7\ndeepspeed --num_gpus 2 probe.py",
        "deepspeed --hostfile hosts --include localhost:1,3 --master_addr 127.0.0.1 --no_ssh --node_rank 0 probe.py",
        "deepspeed -H hosts --exclude localhost:0 --master_addr 127.0.0.1 --no_ssh --node_rank 0 probe.py",
    ],
    "mpirun": [
        f"mpirun -np 3 -H {HOST}:3 --allow-run-as-root --bind-to none python probe.py a",
        "export A=1\nmpirun --np 2 --oversubscribe --bind-to none --allow-run-as-root -x A -x B=2 python probe.py",
        f"mpirun --host {HOST},{HOST} --allow-run-as-root --bind-to none --tag-output python probe.py",
    ],
}
FILES = {
    "two.yaml": TWO_PROCESSES,
    "no.yaml": "distributed_type: 'NO'\nnum_processes: 4\n",
    "hosts": "localhost slots=4\n",
}


@pytest.mark.parametrize("command", [command for commands in COMMANDS.values() for command in commands])
def test_the_prediction_is_what_happens(command: str, tmp_path: Path) -> None:
    tool = next(tool for tool, commands in COMMANDS.items() if command in commands)
    if shutil.which(tool, path=str(BIN)) is None:
        pytest.skip(f"{tool} is not installed")
    files = {**FILES, "run.sh": command + "\n"}
    real = sorted(started(files, tmp_path), key=lambda each: int(rank_of(each["env"])))
    job = run({**files, "probe.py": PROBE})
    assert job.launches[-1].total.integer in (None, len(real))
    assert job.processes
    for process in job.processes:
        agree(process, real[process.rank.integer or 0], tmp_path)


def test_two_launchers_on_one_host_are_two_nodes(tmp_path: Path) -> None:
    if shutil.which("torchrun", path=str(BIN)) is None:
        pytest.skip("torchrun is not installed")
    command = (
        "torchrun --nnodes=2 --node_rank={} --nproc_per_node=2 --master_addr=127.0.0.1 --master_port=29617 probe.py"
    )
    files = {"run.sh": f"{command.format(0)} &\n{command.format(1)}\nwait\n"}
    real = sorted(started(files, tmp_path), key=lambda each: int(rank_of(each["env"])))
    job = run({**files, "probe.py": PROBE})
    found = {process.rank.integer: process for process in job.processes}
    assert set(found) == {0, 1, 2, 3} == set(range(len(real)))
    for rank, process in found.items():
        agree(process, real[rank or 0], tmp_path)
