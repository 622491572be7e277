"""A card's example as it runs here: a few processes, Gloo in the place of NCCL, the CPU in the place of GPUs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
BIND = r"(?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*"
"""What stands between two parentheses that belong together, three deep."""

ON_CPU: Mapping[str, tuple[re.Pattern[str], str]] = {
    "nccl": (re.compile(r"""(["'])nccl\1"""), '"gloo"'),
    "set_device": (re.compile(rf"torch\.cuda\.set_device\({BIND}\)"), "None"),
    "cuda()": (re.compile(rf"\.cuda\({BIND}\)"), ""),
    "device": (re.compile(rf"""torch\.device\(f?["']cuda[^"']*["'](?:,{BIND})?\)"""), 'torch.device("cpu")'),
    "device=": (re.compile(r"""\bdevice=f?["']cuda[^"']*["']"""), 'device="cpu"'),
    "to": (re.compile(r"""\.to\((?:f?["']cuda[^"']*["']|(?:local_)?rank)\)"""), '.to("cpu")'),
    "mesh": (re.compile(r"""init_device_mesh\(["']cuda["']"""), 'init_device_mesh("cpu"'),
    "device_ids": (re.compile(r",\s*device_ids=\[[^\]]*\]"), ""),
    "device_id": (re.compile(rf",\s*device_id=[^,()]*(?:\({BIND}\))?"), ""),
    "fsdp": (re.compile(rf"\b(FSDP|FullyShardedDataParallel)\(({BIND})\)"), r'\1(\2, device_id=torch.device("cpu"))'),
    "accelerator": (
        re.compile(r"\bAccelerator\(\)"),
        'Accelerator(kwargs_handlers=[__import__("accelerate").InitProcessGroupKwargs(backend="gloo")])',
    ),
    "deepspeed": (
        re.compile(r"^(import deepspeed|from accelerate import Accelerator)$", re.M),
        r"\1\nimport deepspeed.ops\ndeepspeed.ops.__compatible_ops__ = {}",
    ),
}
"""What is written differently where there is no GPU.  DeepSpeed leaves out extensions, which it would compile first."""

SMALLER = (
    (re.compile(r"range\(\d{2,}\)"), "range(3)"),
    (re.compile(r"num_workers=\d+"), "num_workers=1"),
    (re.compile(r"""(["'])/(?:data|shared)/"""), r"\1"),
)
"""Fewer rounds, and files of the working directory."""

PROCESSES = re.compile(
    r"(--ntasks-per-node=|--nproc[_-]per[_-]node[= ]|--num_gpus[= ]|--num_processes[= ]|num_processes: )(?:[2-9]|\d\d+)"
)
NODES = re.compile(r"(#SBATCH --nodes=)[3-9]")
PORT = re.compile(r"\b29[56](\d\d)\b")
SRUN = """\
#!/usr/bin/env python
import os, subprocess, sys

nodes, tasks = int(os.environ["SLURM_NNODES"]), int(os.environ["TASKS"])
words = sys.argv[1:]
while words[0].startswith("-"):
    name, _, value = words.pop(0).partition("=")
    tasks = int(value) if name == "--ntasks-per-node" else tasks
started = []
for rank in range(nodes * tasks):
    own = {"PROCID": rank, "NODEID": rank // tasks, "LOCALID": rank % tasks, "NTASKS": nodes * tasks}
    started.append(subprocess.Popen(words, env={**os.environ, **{f"SLURM_{name}": str(n) for name, n in own.items()}}))
sys.exit(max(abs(task.wait()) for task in started))
"""
"""Slurm's nodes are all this host."""
LIKE_A_WORKER = """\
import faulthandler, signal
faulthandler.register(signal.SIGUSR1, all_threads=False)
"""
"""Every Python process of an example begins with it: at SIGUSR1 it writes where it is, also while it waits in C++."""

STILL_RUNNING = "\nSTILL RUNNING\n"
QUIET_SECONDS = 10.0
"""A job that computes nothing for so long, and does not end, waits for something that does not come."""
QUIET_SHARE = 0.05
"""Of one core, for all processes of the job together: launchers look after their processes meanwhile."""


@dataclass
class Outcome:
    """What became of the processes."""

    hung: bool
    """They waited when they were stopped."""
    status: int | None
    """Exit status of the launcher; None if it was stopped."""
    output: str
    """All that was written; behind STILL_RUNNING, where each process stood when it was stopped."""

    @property
    def passed(self) -> bool:
        return self.status == 0


def on_cpu(path: str, text: str, processes: int, port: int, keep: Collection[str] = ()) -> str:
    """The file as it can run here, with a free port; of what ON_CPU names, `keep` stays as it is."""
    if path.endswith(".py"):
        for name, (pattern, replacement) in ON_CPU.items():
            if name not in keep:
                text = pattern.sub(replacement, text)
        for pattern, replacement in SMALLER:
            text = pattern.sub(replacement, text)
        return text
    if processes:
        text = PROCESSES.sub(rf"\g<1>{processes}", text)
    text = NODES.sub(r"\g<1>2", text).replace(" /shared/", " ")
    text = PORT.sub(lambda number: str(port + int(number[1])), text)
    for tool, option in (("deepspeed", "--master_port"), ("accelerate launch", "--main_process_port")):
        if option not in text:
            text = re.sub(rf"^{tool} ", f"{tool} {option} {port} ", text, flags=re.M)
    return text


def slurm(batch: str) -> dict[str, str]:
    """What stands for Slurm where there is a batch script: commands, and variables by the options of its header."""
    if not batch:
        return {}
    asked = dict(re.findall(r"^#SBATCH --([\w-]+)=(\d+)$", batch, re.M))
    nodes, tasks = asked["nodes"], asked.get("ntasks-per-node", "1")
    total = int(nodes) * int(tasks)
    said = {"NNODES": nodes, "NTASKS": total, "PROCID": 0, "NODEID": 0, "LOCALID": 0, "JOB_ID": 7, "JOB_NODELIST": "n"}
    said["STEP_NODELIST"] = "localhost"
    variables = " ".join(f"SLURM_{name}={value}" for name, value in said.items())
    return {
        "bin/srun": SRUN,
        "bin/scontrol": "#!/bin/sh\necho 127.0.0.1\n",
        "bin/hostname": "#!/bin/sh\necho 127.0.0.1\n",
        "job.sbatch": f"export {variables} TASKS={tasks}\n{batch}",
    }


def outcome(files: Mapping[str, str], command: str, folder: Path, seconds: float) -> Outcome:
    """Run `command` among `files` until it ends, waits, or has run for `seconds`."""
    for name, text in {**files, "site/sitecustomize.py": LIKE_A_WORKER}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    environment = {
        "PATH": f"{folder}/bin:{BIN}:{os.environ['PATH']}",
        "PYTHONPATH": str(folder / "site"),
        "HOME": str(folder),
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        "DTLINT_PROOF": str(folder),
    }
    log = folder / "output.txt"
    with log.open("ab") as out:
        launcher = subprocess.Popen(
            ["bash", "-c", command], cwd=folder, env=environment, start_new_session=True, stdout=out, stderr=out
        )
    hung = waits(launcher, folder, time.monotonic() + seconds)
    left = list(running(folder))
    if hung:
        with log.open("a") as out:
            out.write(STILL_RUNNING)
        told(left, signal.SIGUSR1)
        time.sleep(1)
    told(running(folder), signal.SIGKILL)
    status = launcher.wait()
    return Outcome(hung, None if hung else status, log.read_text(encoding="utf-8", errors="replace"))


def waits(launcher: subprocess.Popen[bytes], folder: Path, end: float) -> bool:
    """Wait until the job ends (False), or does nothing any more or has had its time (True)."""
    since, before = time.monotonic(), 0.0
    while launcher.poll() is None:
        time.sleep(0.5)
        now, used = time.monotonic(), sum(map(seconds_of, running(folder)))
        if used < before or used - before > QUIET_SHARE * QUIET_SECONDS:
            since, before = now, used
        if now - since > QUIET_SECONDS or now > end:
            return launcher.poll() is None
    return False


def running(folder: Path) -> Iterable[int]:
    """Processes of the job, also those that a launcher gave a session of their own or left behind."""
    mark = f"DTLINT_PROOF={folder}\0".encode()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes():
                yield int(entry.name)
        except OSError:
            continue


def seconds_of(process: int) -> float:
    """Seconds that the process has computed."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def told(processes: Iterable[int], sign: signal.Signals) -> None:
    for process in processes:
        try:
            status = Path(f"/proc/{process}/status").read_text()
            caught = int(re.findall(r"^SigCgt:\s*(\w+)", status, re.M)[0], 16)
            if sign == signal.SIGKILL or caught >> (sign - 1) & 1:
                os.kill(process, sign)
        except OSError:
            continue
