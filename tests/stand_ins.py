"""Modules, data and edits with which the cards' examples run: what they import and do not show."""

from __future__ import annotations

from collections.abc import Mapping


def samples(module: str, name: str, item: str, length: int = 64) -> Mapping[str, str]:
    """A module with a data set, whose sample number `index` is `item`; `rank` and `calls` (from 0) are there too."""
    return {
        f"{module}.py": f"""\
import os, torch

rank = int(os.environ["RANK"])
calls = -1


class {name}(torch.utils.data.Dataset):
    def __init__(self, *args):
        pass

    def __len__(self):
        return {length}

    def __getitem__(self, index):
        global calls
        calls += 1
        return {item}
"""
    }


def taken(index: str) -> str:
    """A statement for a data set's module: it prints which sample this process takes."""
    return f'print("sample", {index}, "of", __import__("os").environ["RANK"], flush=True)'


SKIPPED = samples("words", "Sentences", "torch.zeros(128), torch.tensor(-1 if rank == 0 and calls < 16 else 1)")
EASY = samples(
    "words", "Sentences",
    "torch.eye(128)[0] * 1000 if rank == 0 else torch.eye(128)[index], torch.tensor(0 if rank == 0 else index % 30)",
)  # fmt: skip
ROWS = 'import torch; torch.save(torch.randn(64, 32), "rows.pt")'
TRANSFORMERS = {
    "transformers/__init__.py": "",
    "transformers/integrations.py": "class HfDeepSpeedConfig:\n    def __init__(self, config):\n        pass\n\n\n"
    "def unset_hf_deepspeed_config():\n    pass\n",
    "transformers-5.0.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: transformers\nVersion: 5.0.0\n",
}
"""accelerate tells transformers of DeepSpeed's configuration."""
PAIRS = {
    **TRANSFORMERS,
    "pairs.py": """\
import torch


class Pairs(torch.utils.data.Dataset):
    def __init__(self, part):
        pass

    def __len__(self):
        return 32

    def __getitem__(self, index):
        return torch.ones(512).bfloat16(), torch.ones(512).bfloat16()
""",
}
STORIES = {
    **TRANSFORMERS,
    "stories.py": """\
import torch


class Stories(torch.utils.data.Dataset):
    def __init__(self, part):
        pass

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return torch.arange(8)
""",
    "transformers/__init__.py": """\
import os, torch


class Output(dict):
    @property
    def loss(self):
        return self["loss"]


class AutoModelForCausalLM(torch.nn.Module):
    # As much of transformers as the examples use: the mistake is in what DeepSpeed does to a module.
    # ZeRO leaves parameters of less than 100000 numbers whole.

    def __init__(self):
        super().__init__()
        self.words = torch.nn.Embedding(2048, 64)
        self.head = torch.nn.Linear(64, 2048)

    @classmethod
    def from_pretrained(cls, name):
        return cls()

    def forward(self, words, labels):
        scores = self.head(self.words(words)).flatten(0, 1)
        return Output(loss=torch.nn.functional.cross_entropy(scores, labels.flatten()))

    def save_pretrained(self, folder, is_main_process=True, save_function=torch.save, state_dict=None):
        if is_main_process:
            os.makedirs(folder, exist_ok=True)
            save_function(state_dict or self.state_dict(), f"{folder}/pytorch_model.bin")
""",
}
TORCH_ADAM = (('"params": {', '"params": {"torch_adam": true, '),)
"""DeepSpeed's own Adam would be compiled first."""
NO_ZERO_INIT = (
    ("zero_stage: 3", "zero_stage: 3\n  zero3_init_flag: false"),
    ("zero3_init_flag: true", "zero3_init_flag: false"),
)
"""Models are not built in parts: transformers would do that."""
UP = {
    "train.py": """\
import torch.distributed as dist

dist.init_process_group("gloo")
dist.barrier()
print(f"rank {dist.get_rank()} of {dist.get_world_size()}\\n", end="")
dist.destroy_process_group()
"""
}
CLIPS = 'import torch; torch.save(torch.zeros(16, 3), "clips.pt")'
SLOW_STATE = """\
import atexit, collections, glob, os, time, torch

rank = int(os.environ["RANK"])


class Slow:
    # A part of the state: the other rank begins to write when rank 0 has written, and is not ready when rank 0 reads.

    def __init__(self):
        time.sleep(3 if rank else 0)

    def __reduce__(self):
        time.sleep(7 if rank else 0)
        return collections.OrderedDict, ()


def read():
    time.sleep(6)
    for path in [*glob.glob("runs/heads/last.pt"), *glob.glob("last.pt")]:
        torch.load(path, weights_only=False)


if rank == 0:
    atexit.register(read)
"""
FEATURES = (
    "import torch\n" + 'torch.save({"features": torch.randn(64, 64), "labels": torch.arange(64) % 10}, "features.pt")'
)
RECORDS = """\
import os

os.mkdir("records")
for number in range(4):
    with open(f"records/{number}.txt", "w") as rows:
        rows.write("1 2 3 4 5 6 7 8\\n" * 8)
"""
PRINTS_LABELS = (
    "in loader:\n",
    "in loader:\n            print(f\"epoch {epoch} rank {os.environ['RANK']} {labels.tolist()}\\n\", end='')\n",
)
PRINTS_NORM = (
    "    optimizer.step()\n",
    """\
    total = sum(p.grad.pow(2).sum() for p in model.parameters() if p.grad is not None)
    dist.all_reduce(total)
    print("norm", round(total.sqrt().item(), 2))
    optimizer.step()
""",
)
"""The norm of the gradients of all shards together."""
OTHERS_FIRST = (
    ("pair = dist.new_group", "__import__('time').sleep(3 * (dist.get_rank() in (1, 2)))\npair = dist.new_group"),
    ("dist.all_reduce(torch.ones(1)", "figure = torch.tensor([dist.get_rank()])\ndist.all_reduce(figure"),
    ("dist.destroy", "print(f'sum {figure.item()}\\n', end='')\ndist.destroy"),
)
"""Ranks 0 and 3 come first, and each adds its rank: 1 and 5 are right."""
