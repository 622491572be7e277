"""A card's example as it runs here: two processes or more, Gloo in the place of NCCL, the CPU in the place of GPUs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent

ON_CPU = (
    (re.compile(r"""(["'])nccl\1"""), '"gloo"'),
    (re.compile(r"torch\.cuda\.set_device\([^\n]*\)$", re.M), "pass"),
    (re.compile(r"\.cuda\((?:[^()]|\([^()]*\))*\)"), ""),
    (re.compile(r"""torch\.device\(f?["']cuda[^"']*["'](?:,[^()]*)?\)"""), 'torch.device("cpu")'),
    (re.compile(r"""device=(?:f?["']cuda[^"']*["'])"""), 'device="cpu"'),
    (re.compile(r"""\.to\((?:f?["']cuda[^"']*["']|(?:local_)?rank)\)"""), '.to("cpu")'),
    (re.compile(r"""init_device_mesh\(["']cuda["']"""), 'init_device_mesh("cpu"'),
    (re.compile(r",? ?device_ids=\[[^\]]*\]"), ""),
    (re.compile(r",? ?device_id=[^,()]*(?:\([^()]*\))?"), ""),
)
"""What is written differently where there is no GPU; nothing else of an example is changed."""

SAMPLES = '''
import torch


class Anything(torch.utils.data.Dataset):
    """Samples of any example: eight floats and a label; in rank 0 those of odd number are of another kind."""

    def __init__(self, *args, **kwargs):
        pass

    def __len__(self):
        return 64

    def __getitem__(self, index):
        return torch.full((128,), float(index % 2)), torch.tensor(index % 2)
'''


@dataclass
class Outcome:
    """What became of the processes."""

    hung: bool
    """They were still running when their time was over."""
    status: int | None
    """Exit status of the launcher; None if it hung."""
    output: str

    @property
    def passed(self) -> bool:
        return self.status == 0


def outcome(files: Mapping[str, str], command: str, folder: Path, seconds: float) -> Outcome:
    """Run `command` among the files of an example, for `seconds` at most."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(on_cpu(text) if name.endswith(".py") else text, encoding="utf-8")
    environment = {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(folder),
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        ["bash", "-c", command], cwd=folder, env=environment, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return Outcome(hung=True, status=None, output=output)
    return Outcome(hung=False, status=process.returncode, output=output)


def on_cpu(text: str) -> str:
    for pattern, replacement in ON_CPU:
        text = pattern.sub(replacement, text)
    return text
