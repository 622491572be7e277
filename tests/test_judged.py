"""What stays in memory of runs that were judged."""

from __future__ import annotations

import gc
from pathlib import Path

from dtlint.catalog import load_rules
from dtlint.collector import paused
from dtlint.config import Config
from dtlint.engine import bench_of, jobs_of
from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.run.script.trace import ScriptRun
from dtlint.workspace import Workspace

TRAINER = """\
from transformers import Trainer, TrainingArguments
Trainer(model=load(), args=TrainingArguments(output_dir='out', per_device_train_batch_size=4)).train()
"""
SPAWN = """\
import torch.multiprocessing as mp
import torch.distributed as dist

def work(rank):
    dist.init_process_group('nccl', init_method='tcp://localhost:29500', rank=rank, world_size=2)

if __name__ == '__main__':
    mp.spawn(work, nprocs=2)
"""


def test_nothing_stays_of_a_run_that_was_judged(tmp_path: Path) -> None:
    (tmp_path / "trainer.py").write_text(TRAINER)
    (tmp_path / "spawn.py").write_text(SPAWN)
    (tmp_path / "run.sh").write_text("torchrun --nproc_per_node=2 trainer.py\npython spawn.py\n")
    (tmp_path / "README.md").write_text("```bash\ntorchrun --nproc_per_node=4 trainer.py\n```\n")
    workspace = Workspace(tmp_path)
    with paused():
        jobs = jobs_of(workspace, Config())
        bench = bench_of(workspace, jobs, load_rules([]))
        runs = jobs.found()
        assert {run.root for run in runs} == {"run.sh", "README.md"}
        # The processes that were found are old by the time their scripts are run, as those of the last of many jobs.
        gc.collect()
        for run in runs:
            bench.judge(run)
        left = [thing for thing in gc.get_objects() if isinstance(thing, ScriptRun | World | Plan | Process)]
    assert not left
