"""A workspace like those that people type in: 200 files, a training script of 600 lines, and jobs that start it."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

FILES = 200
LINES = 600
JOBS = 12
"""Launch scripts, each with a program and a configuration of its own; the first start the long script."""

_HEAD = '''\
"""Trains a language model."""

import argparse
import json
import os

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler

from package.part0 import Block0
from package.part1 import Block1


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=8)
    return parser.parse_args()
'''
_STEP = '''

def schedule_{number}(step, total, base=1e-4, floor=1e-6):
    """A learning rate, and what is logged beside it."""
    warm = total // 20 + {number}
    if step < warm:
        rate = base * step / max(1, warm)
    elif step < total // 2:
        rate = base
    else:
        rate = floor + (base - floor) * (total - step) / max(1, total - total // 2)
    record = {{"rate": rate, "step": step, "stage": {number}}}
    for name in ("loss", "rate", "norm"):
        record.setdefault(name, 0.0)
    return rate, record
'''
_TAIL = """

def main():
    args = parse()
    with open(args.config) as file:
        config = json.load(file)
    local_rank = int(os.environ["LOCAL_RANK"])
    torch.cuda.set_device(local_rank)
    dist.init_process_group("nccl")
    data = torch.load("tokens.pt", map_location="cpu")
    sampler = DistributedSampler(data)
    loader = DataLoader(data, batch_size=args.batch_size, sampler=sampler, num_workers=4)
    model = DistributedDataParallel(torch.nn.Sequential(Block0(), Block1()).cuda(), device_ids=[local_rank])
    optimizer = torch.optim.AdamW(model.parameters(), lr=config["rate"])
{once}
    for epoch in range(args.epochs):
        sampler.set_epoch(epoch)
        for step, batch in enumerate(loader):
            loss = model(batch.cuda()).mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
{calls}
        if dist.get_rank() == 0:
            torch.save(model.module.state_dict(), f"model-{{epoch}}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
"""

_PART = """\
import torch


class Block{number}(torch.nn.Module):
    def forward(self, x):
        return x * 2
"""


def script(lines: int) -> str:
    """A script with about this many lines: of its functions two are called in the loop, and a third outside of it."""
    count = max(1, (lines - 60) // 16)
    calls = "".join(f"            rate, record = schedule_{number}(step, 1000)\n" for number in range(min(2, count)))
    once = "".join(f"    rate, record = schedule_{number}(0, 1000)\n" for number in range(count // 3))
    functions = "".join(_STEP.format(number=number) for number in range(count))
    return _HEAD + functions + _TAIL.format(calls=calls.rstrip(), once=once.rstrip())


def workspace(root: Path, starting: int = 2) -> Path:
    """Fill `root`, where so many jobs start the long script; its path."""
    files: dict[str, str] = {"train.py": script(LINES)}
    for job in range(JOBS):
        program = "train.py" if job < starting else f"train_{job}.py"
        files[program] = files.get(program) or script(90)
        files[f"jobs/job_{job}.sbatch"] = textwrap.dedent(f"""\
            #!/bin/bash
            #SBATCH --nodes=2
            #SBATCH --ntasks-per-node=1
            #SBATCH --gpus-per-node=8
            source jobs/env.sh
            HOST=$(scontrol show hostnames $SLURM_JOB_NODELIST | head -n 1)
            srun torchrun --nnodes=2 --nproc_per_node=$PROCS --rdzv_backend=c10d --rdzv_endpoint=$HOST:29500 \\
                --rdzv_id=$SLURM_JOB_ID {program} --config configs/config_{job}.json
            """)
    files["jobs/env.sh"] = "export PROCS=8\n"
    number = 0
    while len(files) < FILES:
        files[f"package/part{number}.py"] = _PART.format(number=number)
        files[f"configs/config_{number}.json"] = json.dumps({"rate": 1e-4, "number": number}) + "\n"
        number += 1
    files["package/__init__.py"] = ""
    for path, text in list(files.items()):
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return root / "train.py"
