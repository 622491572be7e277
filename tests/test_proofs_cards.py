"""What the cards say against what the frameworks do: `make proofs`, on the CPU.

Each row runs a *Bad* and the *Good* example of a card with the real launcher and framework: the bad one must show its
mistake, the good one must pass without it.  docs/proofs.md says what this proves and what it cannot.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dtlint.card import Card, Example
from dtlint.catalog import read_cards
from tests.cpu import BIN, ON_CPU, Outcome, on_cpu, outcome, slurm
from tests.stand_ins import (
    CLIPS,
    EASY,
    FEATURES,
    NO_ZERO_INIT,
    OTHERS_FIRST,
    PAIRS,
    PRINTS_LABELS,
    PRINTS_NORM,
    RECORDS,
    ROWS,
    SKIPPED,
    SLOW_STATE,
    STORIES,
    TORCH_ADAM,
    UP,
    samples,
    taken,
)

pytestmark = pytest.mark.proofs

Edit = tuple[str, str]
WAITS = r"STILL RUNNING(?:.|\n)* in "
"""Then the name of the function that the processes wait in."""
ABORTS = r"Connection (?:closed|reset) by peer|STILL RUNNING"
"""Gloo's way to miss a process: it waits, and says so once the other one has left."""


ABORTED = "terminate called without an active exception"
"""On a busy machine a process of Gloo ends so now and then, after all its work: a job that should pass is run again."""
REFUSES = r"third_party/gloo/gloo/"
"""An exception of Gloo: the parts of two processes do not fit together."""
STORED = """
import glob, torch
for path in [*glob.glob("model.pt"), *glob.glob("out/*.bin")]:
    state = torch.load(path)
    print("stored", next(iter(state.get("model", state).values())).shape)
"""


@dataclass(frozen=True)
class Proof:
    """A *Bad* and a *Good* example, and what comes about in the first only."""

    rule: str
    shows: str | Callable[[Outcome], bool]
    """The mistake: an expression for the output, with the places where processes wait; or a function."""
    bad: str = ""
    """Title of the example; the first one if empty."""
    good: str | None = ""
    """None where another row has tried it, or where it cannot be tried."""
    files: Mapping[str, str] = field(default_factory=dict)
    """What the example needs and does not show: modules, data."""
    edits: tuple[Edit, ...] = ()
    """Made in both examples, wherever the text is there: a probe, a smaller number."""
    keep: tuple[str, ...] = ()
    """What in the bad example is not rewritten for the CPU, since it is the mistake."""
    first: str = ""
    """Python that makes data before."""
    then: str = ""
    """Python that looks at what was written."""
    processes: int = 2
    """That the launchers start; 0 for the numbers of the card."""
    command: str = ""
    """Where the example's own is not to be used."""
    mended: bool = False
    """The bad example is run once more, as `dtlint check --unsafe-fixes` leaves it, and then must pass."""

    @property
    def id(self) -> str:
        return f"{self.rule}-{self.bad}" if self.bad else self.rule


def taken_by_two(result: Outcome) -> bool:
    """Some sample was taken by several ranks."""
    pairs = set(re.findall(r"sample (\S+) of (\d+)", result.output))
    assert pairs
    return len(pairs) > len({sample for sample, _ in pairs})


def repeats_its_order(result: Outcome) -> bool:
    """Rank 0 takes the samples in one order in all epochs."""
    orders = re.findall(r"epoch \d+ rank 0 (\[.*?\])", result.output)
    assert len(orders) == 3
    return len(set(orders)) == 1


def rates_differ(result: Outcome) -> bool:
    """The processes end with different learning rates."""
    rates = re.findall(r"rate of \d+: (\S+)", result.output)
    assert len(rates) == 2
    return len(set(rates)) > 1


ENDS_WITH_RATE = (
    (
        "    dist.destroy_process_group()",
        '    print(f"rate of {dist.get_rank()}: {optimizer.param_groups[0][\'lr\']}\\n", end="", flush=True)\n'
        "    dist.destroy_process_group()",
    ),
)
"""Printed by each process."""
HEIGHTS = (
    # What rank 1 holds out gets worse while all learn, and what rank 0 holds out better.
    "import torch\nrows = torch.ones(32, 6)\n"
    'torch.save((rows, torch.full((32, 1), 10.0)), "rows.pt")\n'
    'torch.save((rows, torch.tensor([[10.0], [-10.0]] * 16)), "held.pt")\n'
)

def batches_repeat(result: Outcome) -> bool:
    """Both ranks train on the same batches."""
    ranks = [re.findall(rf"batch of {rank}: (.*)", result.output) for rank in (0, 1)]
    assert ranks[0]
    return ranks[0] == ranks[1]


LEAVES = (
    "import json\n"
    'with open("leaves.jsonl", "w") as file:\n'
    "    for number in range(16):\n"
    '        print(json.dumps({"veins": [float(number)] * 5, "kind": number % 3}), file=file)\n'
)
SONGS = (
    "import os, torch\n"
    'os.mkdir("songs")\n'
    "for number, rows in enumerate((8, 16)):\n"
    '    torch.save(torch.ones(rows, 6), f"songs/{number}.pt")\n'
    'open("songs.txt", "w").write("1 2 3 4 5 6\\n" * 9)\n'
)
PRINTS_BATCHES = (
    (
        "            optimizer.step()\n",
        '            print(f"batch of {dist.get_rank()}: {veins[:, 0].tolist()}\\n", end="", flush=True)\n'
        "            optimizer.step()\n",
    ),
)

DOCUMENTS = {
    "corpus.py": "import torch\n\n\nclass Documents(torch.utils.data.Dataset):\n"
    "    def __init__(self, part):\n        self.rows = torch.ones(32, 64)\n\n"
    "    def __len__(self):\n        return len(self.rows)\n\n"
    "    def __getitem__(self, index):\n        return self.rows[index]\n"
}
HALF_ON_CPU = (
    ('GradScaler("cuda")', 'GradScaler("cpu")'),
    ('autocast("cuda", dtype=torch.float16)', 'autocast("cpu", dtype=torch.bfloat16)'),
    ("pow(2).mean()", "pow(2).sum()"),
    ("range(10000)", "range(4 * 4)"),
)
PRINTS_STEP = """\
    print("norm", sum(float(one.grad.norm()) ** 2 for one in model.parameters()) ** 0.5, flush=True)
    scaler.update()"""

ONE_TASK = (
    "export SLURM_JOB_ID=${#PWD} SLURM_STEP_NODELIST=localhost SLURM_NTASKS=1 SLURM_PROCID=0 SLURM_LOCALID=0\n"
    "python train.py"
)
"""A job of Slurm with one task, which JAX finds out itself; both examples run at once, and the port is the job's."""
MEETS_HERE = (
    # Both examples run at once, each in a folder of its own.
    ('":9911"', 'f":{9900 + len(os.getcwd())}"'),
    ("HEAD=$(scontrol show hostnames $SLURM_JOB_NODELIST | head -n 1)", "HEAD=127.0.0.1"),
)

LIGHTNING = (
    ('accelerator="gpu"', 'accelerator="cpu"'),
    ('accelerator="cuda"', 'accelerator="cpu"'),
    ("devices=4", "devices=2"),
)
ALONE = "python train.py"
"""Lightning starts the processes."""

NO_AXIS = "NameError: Found an unbound axis name"

PROOFS = (
    Proof("all-send-before-receiving", WAITS + "send", bad="A ring"),
    Proof("all-send-before-receiving", WAITS + "send", bad="Two partners", good=None),
    Proof(
        "collective-behind-file-test",
        ABORTS + "|" + WAITS + "broadcast_object_list",
        edits=(('"states/last.pt"', "f\"states{os.environ['RANK']}/last.pt\""),),
        first='import os, torch; os.mkdir("states0")\n'
        'torch.save({"model": torch.nn.Linear(512, 512).state_dict(), "step": 5}, "states0/last.pt")',
    ),
    Proof(
        "collective-left-out-by-data",
        ABORTS,
        bad="A batch without labels is skipped",
        good="The processes agree first",
        files=SKIPPED,
    ),
    Proof(
        "collective-left-out-by-data",
        ABORTS,
        bad="Training stops by a validation loss of its own",
        good="All stop by the mean",
        files=EASY,
    ),
    Proof(
        "collective-of-some-processes",
        ABORTS + "|" + REFUSES,
        bad="The mean is computed only where it is printed",
        files=samples("pictures", "Pictures", "torch.zeros(512), torch.tensor(1)"),
    ),
    Proof("collective-of-some-processes", ABORTS, bad="The shards are gathered for one process", good=None),
    Proof("collective-of-some-processes", ABORTS, bad="A backward pass in which DDP averages", good=None),
    Proof(
        "group-missing",
        "ValueError: Default process group has not been initialized",
        edits=(("net.to(self.gpu)", "net"), (", device=self.gpu", ""), (".to(gpu)", ""), (", device=gpu", "")),
    ),
    Proof(
        "group-missing",
        "ValueError: Default process group has not been initialized",
        bad="The sampler asks first",
        good=None,
        command="torchrun --standalone --nproc_per_node=2 train.py",
    ),
    Proof(
        "state-of-compiled-model",
        r"Missing key\(s\) in state_dict",
        good=None,  # the threads of torch.compile abort Gloo's processes now and then as they end
        edits=(("torch.compile(net)", 'torch.compile(net, backend="eager")'),),
    ),
    Proof("names-of-other-wrapping", "KeyError: 'module", bad="Begun before it is wrapped, and the first step raises"),
    Proof("sharded-module-copied", "cannot pickle 'module' object|view"),
    Proof(
        "sharded-module-copied",
        "FSDP does not support deepcopy",
        bad="A class that keeps an average, of a module that fully_shard cut up",
        good=None,
    ),
    Proof(
        "lambda-handed-to-spawn",
        "Can't pickle <function <lambda>",
        first='import torch\ntorch.save(torch.ones(8, 3), "rows.pt")\n',
        command="python fit.py",
    ),
    Proof(
        "collective-of-some-processes",
        ABORTS,
        bad="A hook of Lightning, in processes that the Trainer starts",
        good="Lightning: every process gathers, and one Trainer of its own tests",
        edits=LIGHTNING,
        command=ALONE,
    ),
    Proof(
        "collective-of-some-processes",
        ABORTS,
        bad="What Lightning averages over all processes is logged in one",
        good=None,
        edits=LIGHTNING,
        command=ALONE,
    ),
    Proof(
        "state-of-preparing-process",
        "AttributeError: 'Rows' object has no attribute 'rows'",
        edits=LIGHTNING,
        command=ALONE,
    ),
    Proof(
        "layer-never-used",
        "parameters that were not used in producing the loss",
        bad="Lightning wraps the module",
        good=None,
        edits=LIGHTNING,
        command=ALONE,
    ),
    Proof(
        "step-skipped-by-some-processes",
        "Skipping the `training_step` by returning None in distributed training is not supported",
        edits=LIGHTNING,
        command=ALONE,
    ),
    Proof("fabric-never-launched", r"you must call `\.launch\(\)`", edits=LIGHTNING, command=ALONE),
    Proof(
        "function-left-by-some-processes",
        ABORTS,
        first='import os, torch\nos.mkdir("runs"), torch.save({}, "runs/final.pt")',
    ),
    Proof("root-differs-between-processes", ABORTS + "|" + WAITS + "broadcast", bad="Its own rank"),
    Proof("tensors-of-other-size", ABORTS + "|" + REFUSES, bad="Only rank 0 knows how many there are"),
    Proof("tensors-of-other-size", ABORTS + "|" + REFUSES, bad="Whole numbers meet fractions", good=None),
    Proof("lazy-layer-in-ddp", "Modules with uninitialized parameters can't be used with"),
    Proof(
        "fewer-micro-batches-than-stages",
        r"Number of microbatches \(2\) must be greater than or equal to the number of stages \(4\)",
        processes=0,
    ),
    Proof("mesh-dimension-not-named", "Invalid mesh_dim_names", bad="Two words for one dimension", processes=0),
    Proof("mesh-dimension-not-named", "in _get_mesh_dim_by_name", bad="No names", good=None, processes=0),
    Proof("whole-mesh-for-one-dimension", "ValueError", bad="The whole mesh for tensor parallelism", processes=0),
    Proof("gathered-into-one-tensor", r"tensor\(1\.\)"),
    Proof("group-ranks-differ", ABORTS + "|connectFullMesh failed|sum 3", edits=OTHERS_FIRST, processes=4),
    Proof("list-of-other-length", r"invalid output tensor list at index 0 \(expected length 2, got 4\)"),
    Proof("loop-left-by-some-processes", ABORTS, files=EASY),
    Proof("root-list-in-wrong-process", "must NOT be specified on non-destination ranks", bad="All give a list"),
    Proof("root-list-in-wrong-process", "scatter_list.*must be specified on source rank", bad="Nobody does", good=None),
    Proof(
        "root-outside-group",
        "ValueError: Global rank 0 is not part of group",
        edits=(("own_group(4)", "own_group(2)"),),
        processes=4,
    ),
    Proof("sent-to-itself", "Invalid destination rank: destination rank should not be the same as the rank of the"),
    Proof(
        "shapes-differ-by-data",
        ABORTS + "|" + REFUSES,
        bad="Positions are added up",
        files=samples("words", "Sentences", "torch.zeros(128), torch.tensor(index % 2 if rank == 0 else 1)"),
    ),
    Proof(
        "shapes-differ-by-data",
        ABORTS + "|" + REFUSES,
        bad="The kept rows are gathered",
        good=None,
        files=samples(
            "words", "Sentences", "torch.full((128,), 1.0 if rank == 0 or index % 2 else 0.0), torch.tensor(1)"
        ),
    ),
    Proof(
        "whole-weights-into-shards",
        "got mixed torch.Tensor and DTensor",
        first='import torch\n'
        'torch.save(torch.nn.Sequential(*[torch.nn.Linear(48, 48) for _ in range(6)]).state_dict(), "tower.pt")',
    ),
    Proof(
        "whole-weights-into-shards",
        "got mixed torch.Tensor and DTensor",
        bad="Names are changed on the way, and only what fits is taken",
        good=None,
        first='import torch\ntorch.save({"weights": {"module.floors.0.bias": torch.ones(48)}}, "ddp.pt")',
    ),
    Proof(
        "whole-weights-into-shards",
        "got mixed torch.Tensor and DTensor",
        bad="Another model's weights, into layers that tensor parallelism cut",
        good=None,
    ),
    Proof("rate-lowered-by-own-loss", rates_differ, first=HEIGHTS, edits=ENDS_WITH_RATE),
    Proof(
        "rate-lowered-by-own-loss",
        rates_differ,
        bad="The script lowers it by hand",
        good="Summed up item by item",
        first=HEIGHTS,
        edits=ENDS_WITH_RATE,
    ),
    Proof("schedule-stepped-by-some-processes", rates_differ, first=HEIGHTS, edits=ENDS_WITH_RATE),
    Proof("frozen-and-trained-in-one-unit", "Must flatten tensors with uniform `requires_grad`"),
    Proof(
        "frozen-and-trained-in-one-unit",
        "Must flatten tensors with uniform `requires_grad`",
        bad="All are frozen, and one part is made anew",
        good="What is frozen is a unit of its own",
    ),
    Proof(
        "frozen-and-trained-in-one-unit",
        "Must flatten tensors with uniform `requires_grad`",
        bad="By name, in layers that are wrapped as they are",
        good=None,
    ),
    Proof("samples-drawn-alike", batches_repeat, first=LEAVES, edits=PRINTS_BATCHES),
    Proof(
        "samples-drawn-alike",
        batches_repeat,
        bad="A part of the numbers, and a generator of its own with one seed for all",
        good=None,
        first=LEAVES,
        edits=PRINTS_BATCHES,
    ),
    Proof("loss-of-gathered-alone", "element 0 of tensors does not require grad"),
    Proof(
        "loss-of-gathered-alone",
        r"trained: heat\n",
        bad="Only the temperature is trained",
        good=None,
        edits=(
            (
                "criterion(*net(left.cuda(), right.cuda())).backward()",
                "criterion(*net(left.cuda(), right.cuda())).backward()\n"
                '            print("trained:", *[name for name, one in net.module.named_parameters() '
                "if one.grad is not None and one.grad.any()])",
            ),
        ),
    ),
    Proof(
        "loss-of-gathered-alone",
        "does not require grad",
        bad="Gathered by accelerate",
        good=None,
        command="torchrun --standalone --nproc_per_node=2 train.py",
        edits=(("Accelerator()", "Accelerator(cpu=True)"),),
    ),
    Proof("own-number-of-batches", ABORTS, first=SONGS),
    Proof(
        "own-number-of-batches",
        ABORTS,
        bad="Row by row",
        good="As many steps for all",
        first=SONGS,
    ),
    Proof(
        "shards-of-one-process-saved",
        r"holds 8 of 16 rows",
        then="import torch\nimport torch.distributed.tensor\n"
        'whole = torch.load("tower.pt", weights_only=False)["0.weight"]\n'
        'local = getattr(whole, "_local_tensor", whole)\n'
        'print(f"holds {len(local)} of {whole.shape[0]} rows")',
    ),
    Proof("device-id-not-a-device", "AttributeError: 'str' object has no attribute 'type'", keep=("device_id",)),
    Proof("group-made-twice", "trying to initialize the default process group twice!"),
    Proof("group-needed-after-destroyed", "Default process group has not been initialized"),
    Proof("group-never-made", "Default process group has not been initialized"),
    Proof(
        "group-needed-before-made",
        "Default process group has not been initialized",
        bad="The GPU is chosen by the rank",
        keep=("set_device",),
    ),
    Proof(
        "group-needed-before-made",
        "Default process group has not been initialized",
        bad="The data are shared out before",
        good=None,
    ),
    Proof("rank-given-as-text", "RuntimeError: `rank` must be an integer"),
    Proof(
        "rank-or-size-missing", "Error initializing torch.distributed using tcp:// rendezvous: rank parameter missing"
    ),
    Proof("meeting-point-nobody-serves", WAITS + "_create_c10d_store", bad="A port of the script"),
    Proof(
        "meeting-point-nobody-serves", WAITS + "_create_c10d_store", bad="Another one than the launcher's", good=None
    ),
    Proof(
        "timeout-in-days",
        "1800 days",
        edits=(
            (
                "dist.barrier()",
                'import torch\nprint(dist.group.WORLD._get_backend(torch.device("cpu")).options._timeout)',
            ),
        ),
    ),
    Proof(
        "timeout-shorter-than-preparation",
        "Timed out waiting",
        processes=2,
        files={
            "articles.txt": "one\ntwo\n",
            "slow.py": "import time\n\n\ndef slow(lines):\n    time.sleep(7)\n    return lines\n",
        },
        edits=(("minutes=3", "seconds=3"), ("in lines:", 'in __import__("slow").slow(lines):')),
    ),
    Proof("timeout-without-unit", "TypeError: Expected timeout argument to be of type *datetime.timedelta"),
    Proof("world-size-differs-from-launch", WAITS + "init_process_group"),
    Proof(
        "port-out-of-range",
        "must be an integer between 0 and 65536",
        bad="A number too large",
        mended=True,
        files={"prune.py": 'print("up")\n', "train.py": 'print("up")\n'},
    ),
    Proof(
        "port-taken-by-two-launches",
        "EADDRINUSE|address already in use|DistNetworkError",
        files={
            "train.py": "import time, torch.distributed as dist\n\ndist.init_process_group('gloo')\n"
            "dist.barrier()\ntime.sleep(3)\ndist.destroy_process_group()\n"
        },
    ),
    Proof(
        "loader-refuses-sampler",
        "sampler option is mutually exclusive with shuffle",
        bad="A sampler and shuffle",
        first=CLIPS,
        mended=True,
    ),
    Proof("loader-refuses-sampler", "TypeError", bad="Single numbers where batches are due", good=None, first=CLIPS),
    Proof("loader-refuses-sampler", "mutually exclusive", bad="Batches of its own, and a size", good=None, first=CLIPS),
    Proof("loader-refuses-sampler", "IterableDataset", bad="A stream", good=None, first=CLIPS),
    Proof("loader-refuses-sampler", "Invalid rank 1", bad="A rank beyond the replicas", good=None, first=CLIPS),
    Proof(
        "strided-samples-in-collective-loop",
        ABORTS,
        bad="Subset of a data set, and a sharded model",
        first='import torch; torch.save(torch.randn(9, 512), "held_out.pt")',
    ),
    Proof(
        "sampler-epoch-never-set",
        repeats_its_order,
        bad="The sampler is made in another module than the loop",
        first=FEATURES,
        edits=(PRINTS_LABELS,),
        mended=True,
    ),
    Proof(
        "epoch-told-to-loader",
        "AttributeError: 'DataLoader' object has no attribute 'set_epoch'",
        good=None,
        files=DOCUMENTS,
        mended=True,
    ),
    Proof(
        "sampler-left-unused",
        taken_by_two,
        bad="The sampler is told the epoch, and that is all",
        first='import torch; torch.save(torch.randn(8, 32), "signals.pt")',
        edits=(
            ("        return self.rows[index]", f"        {taken('index')}\n        return self.rows[index]"),
            ("range(12)", "range(1)"),
        ),
    ),
    Proof(
        "stream-same-for-all-ranks",
        taken_by_two,
        first=RECORDS,
        edits=(
            (
                "                for line in lines:\n",
                f"                for line in lines:\n                    {taken('name')}\n",
            ),
        ),
    ),
    Proof(
        "data-not-shared-out",
        taken_by_two,
        first="import os, torch; os.mkdir('frames'); torch.save(torch.randn(8, 256), 'frames/train.pt')",
        edits=(
            ("        return self.pixels[index]", f"        {taken('index')}\n        return self.pixels[index]"),
            ("range(30)", "range(1)"),
        ),
    ),
    Proof(
        "layer-never-used",
        "RuntimeError: Expected to have finished reduction in the prior iteration before starting a new one",
    ),
    Proof(
        "layer-never-used",
        "Expected to have finished reduction",
        bad="It stands in a part of the model, and its use is a comment",
        good="DDP looks for what is not used",
        edits=(('autocast("cuda"', 'autocast("cpu"'),),
    ),
    Proof(
        "optimizer-before-fsdp",
        r"moved 0\.0",
        edits=(
            ("for step in", "before = next(model.parameters()).detach().clone()\nfor step in"),
            (
                "optimizer.zero_grad()\n",
                "optimizer.zero_grad()\nprint('moved', (next(model.parameters()) - before).abs().sum().item())\n",
            ),
        ),
    ),
    Proof(
        "reentrant-checkpoint-and-unused-search",
        "RuntimeError: Expected to mark a variable ready only once",
        mended=True,
    ),
    Proof(
        "scale-never-updated",
        r"RuntimeError: step\(\) has already been called since the last update\(\)",
        edits=HALF_ON_CPU,
        mended=True,
    ),
    Proof(
        "clipped-before-unscaling",
        lambda result: all(float(norm) < 1e-3 for norm in re.findall(r"^norm (\S+)$", result.output, re.M)),
        edits=(*HALF_ON_CPU, ("    scaler.update()", PRINTS_STEP)),
        mended=True,
    ),
    Proof(
        "shards-clipped-one-by-one",
        r"norm 1\.[1-9]",
        edits=(
            ("mean()\n", "mean() * 1000\n"),
            PRINTS_NORM,
        ),
    ),
    Proof(
        "ranks-write-one-file",
        "PytorchStreamReader failed|EOFError",
        bad="A checkpoint after each epoch",
        first="import os; os.makedirs('runs/heads')",
        files={"slow.py": SLOW_STATE},
        edits=(
            ('"epoch": epoch}', '"epoch": epoch, "slow": __import__("slow").Slow()}'),
            ("default=12", "default=1"),
            ("range(12)", "range(1)"),
            ("range(1000)", "range(1)"),
        ),
    ),
    Proof("ddp-lists-several-gpus", "ValueError: device_ids can only be None or contain a single element"),
    Proof(
        "ddp-wraps-cpu-model",
        "ValueError: .*device_ids and output_device arguments only work with",
        keep=("device_ids",),
    ),
    Proof("rank-text-as-device", "RuntimeError: Invalid device string: '[01]'", keep=("set_device",)),
    Proof(
        "rank-text-as-device",
        r"TypeError: device\(\): argument 'index'",
        bad="An option without a type",
        good=None,
        keep=("device",),
        mended=True,
    ),
    Proof(
        "mesh-beyond-world",
        "RuntimeError: Mesh should not be bigger than default world size 2, but found 4 ranks!",
        processes=0,
        edits=(("node=4", "node=2"), ("node=8", "node=4"), ("PARALLEL = 4", "PARALLEL = 2")),
    ),
    Proof("exclude-list-for-gloo", r"Unable to find address for: \^docker0", edits=(("eth0", "lo"),)),
    Proof(
        "local-rank-option-refused",
        "error: unrecognized arguments: --local_rank=0",
        bad="",
        good="The launcher is told to add nothing",
        mended=True,
    ),
    Proof(
        "local-rank-option-refused",
        "error: unrecognized arguments: --local-rank=0",
        bad="An underscore where the launcher passes a dash",
        mended=True,
    ),
    Proof(
        "local-rank-option-never-given",
        "of 1 took 0",
        edits=(
            (
                "dist.init_process_group",
                "import os\nprint('of', os.environ['RANK'], 'took', args.local_rank)\ndist.init_process_group",
            ),
        ),
    ),
    Proof(
        "rank-variable-never-set",
        "KeyError: 'LOCAL_RANK'",
        bad="A script for torchrun, started by python",
        good=None,
        keep=("set_device",),
    ),
    Proof(
        "auto-without-trainer",
        r"TypeError: '>' not supported between instances of 'str' and 'int'",
        first=ROWS,
        edits=TORCH_ADAM,
    ),
    Proof(
        "value-in-quotes",
        "TypeError: '>' not supported between instances of 'str' and 'int'",
        bad="A count",
        good=None,
        first=ROWS,
        edits=(('"train_micro', '"optimizer": {"type": "Adam", "params": {"torch_adam": true}},\n  "train_micro'),),
        mended=True,
    ),
    Proof(
        "fp16-and-bf16",
        "bfloat16 and fp16 modes cannot be simultaneously enabled",
        bad="In the DeepSpeed configuration",
        first=ROWS,
        edits=TORCH_ADAM,
        mended=True,
    ),
    Proof(
        "batch-sizes-disagree",
        r"train_batch_size is not equal to micro_batch_per_gpu \* gradient_acc_step \* world_size 32 != 4 \* 2 \* 2",
        first=ROWS,
        edits=(*TORCH_ADAM, ('"train_batch_size": 64', '"train_batch_size": 16')),
        mended=True,
    ),
    Proof(
        "include-with-counts",
        "ValueError: Cannot specify num_nodes/gpus with include/exclude",
        files={"train.py": "print('up')\n"},
        edits=(("localhost:4,5,6,7", "localhost:0"),),
        mended=True,
    ),
    Proof(
        "include-names-ungranted-slot",
        "ValueError: No slot '2' specified on host 'localhost'",
        files={"train.py": "print('up')\n"},
        edits=(
            ("worker-1 slots=2\n", ""),
            ("worker-1 slots=4\n", ""),
            ("@worker-1:2,3", ""),
            ("worker-0", "localhost"),
            ("--hostfile", "--no_ssh_check --hostfile"),
        ),
    ),
    Proof(
        "expert-groups-not-divisible",
        "AssertionError: 2 is not divisible by 8",
        files={"ds.json": '{"train_batch_size": 8}'},
        edits=(("ep_size=4", "ep_size=2"),),
    ),
    Proof(
        "expert-groups-not-divisible",
        r"Number of experts \(6\) should be divisible by expert parallel size \(4\)",
        bad="Experts",
        good=None,
    ),
    Proof(
        "deepspeed-file-and-settings",
        "ValueError: When using `?deepspeed_config_file`?, the following accelerate config variables will be ignored",
        files=PAIRS,
        edits=NO_ZERO_INIT,
    ),
    Proof("state-saved-by-one-process", ABORTS, files=PAIRS, edits=NO_ZERO_INIT),
    Proof(
        "collective-of-some-processes",
        ABORTS,
        bad="DeepSpeed's checkpoint behind a condition on the rank",
        good=None,
        files={
            "pairs.py": "import torch\n\n\n"
            "def batches(count):\n    return 3 * [(torch.ones(4, 512), torch.ones(4, 512))]\n"
        },
        edits=TORCH_ADAM,
    ),
    Proof(
        "whole-model-without-gathering",
        "ValueError: Cannot get 16bit model weights because `?stage3_gather_16bit_weights_on_model_save`?",
        bad="accelerate raises",
        files=STORIES,
        edits=NO_ZERO_INIT,
    ),
    Proof(
        "whole-model-without-gathering",
        "ValueError: Cannot get 16bit model weights",
        good=None,
        bad="accelerate is given a file of DeepSpeed, whose word counts",
        files=STORIES,
        edits=NO_ZERO_INIT,
    ),
    Proof(
        "shards-saved-as-whole-model",
        r"stored torch.Size\(\[0\]\)",
        bad="The weights of an engine",
        files=STORIES,
        edits=TORCH_ADAM,
        then=STORED,
    ),
    Proof(
        "shards-saved-as-whole-model",
        r"stored torch.Size\(\[0\]\)",
        bad="The unwrapped model of accelerate",
        good=None,
        files=STORIES,
        edits=NO_ZERO_INIT,
        then=STORED,
    ),
    Proof(
        "whole-model-without-gathering",
        r"stored 0 files",
        good=None,
        bad="DeepSpeed writes nothing",
        files=STORIES,
        edits=TORCH_ADAM,
        then='import glob; print("stored", len(glob.glob("out/*.bin")), "files")',
    ),
    Proof(
        "meeting-point-half-set",
        "environment variable MASTER_ADDR expected, but not set",
        edits=(("torch.cuda.device_count()", "2"),),
    ),
    Proof(
        "workers-started-in-each-process",
        WAITS + "init_process_group",
        edits=(("torch.cuda.device_count()", "2"),),
    ),
    Proof(
        "rank-variable-never-set",
        "environment variable RANK expected, but not set",
        good="The script takes srun's names itself",
    ),
    Proof(
        "processes-exceed-slots",
        "There are not enough slots available in the system to satisfy the 16",
        good=None,
        edits=(
            ("mpirun -np", "mpirun --allow-run-as-root -np"),
            ("node-a slots=4", "localhost slots=4"),
            ("node-b slots=4", ""),
        ),
    ),
    Proof("launcher-on-first-node-only", WAITS + "rendezvous|" + WAITS + "next_rendezvous", files=UP),
    Proof("nodes-differ-from-allocation", WAITS + "next_rendezvous", files=UP, mended=True),
    Proof(
        # A torchrun that ends last may complain of a store that is gone, in the good example too.
        "launcher-started-per-task",
        lambda result: not result.passed and bool(re.search(ABORTS + "|Rendezvous|EADDRINUSE", result.output)),
        files=UP,
    ),
    Proof("standalone-with-several-nodes", lambda result: result.output.count("rank 0 of 2") == 2, files=UP),
    Proof("meeting-point-differs-by-node", ABORTS + "|Timeout|DistNetworkError", bad="A random port", files=UP),
    Proof(
        "digits-read-as-octal",
        "0089: value too great for base",
        files={**UP, "bin/srun": "#!/bin/sh\necho started: $*\n", "bin/scontrol": "#!/bin/sh\necho localhost\n"},
        command="SLURM_JOBID=130089 SLURM_JOB_NODELIST=n bash ddp.sbatch",
        mended=True,
    ),
    Proof(
        "processes-counted-per-machine",
        "of 2\n",
        good=None,
        files=UP,
        processes=0,
        edits=(("num_processes: 8", "num_processes: 2"), ("per-node=8", "per-node=2"), ("mixed_precision: bf16\n", "")),
        mended=True,
    ),
    Proof(
        "processes-not-divisible-by-machines",
        "of 2\n",
        files=UP,
        processes=0,
        edits=(("_processes 15", "_processes 3"), ("_processes 16", "_processes 4"), ("10.0.0.4", "127.0.0.1")),
        command="bash run.sh 0 & bash run.sh 1; wait",
    ),
    Proof("jax-process-as-text", "TypeError: process_id must be a nonnegative int", edits=MEETS_HERE),
    Proof("jax-process-given-twice", r"STILL RUNNING(?:.|\n)* in initialize", edits=MEETS_HERE),
    Proof("jax-count-differs-from-launch", r"Got process_id=[23], num_processes=2", edits=MEETS_HERE),
    Proof(
        "jax-used-before-initialize",
        r"RuntimeError: jax\.distributed\.initialize\(\) must be called before any JAX calls",
        command=ONE_TASK,
    ),
    Proof("axis-never-named", NO_AXIS, bad="Two names", command=ONE_TASK),
    Proof("axis-never-named", NO_AXIS, bad="No name at all", good=None, command=ONE_TASK),
    Proof(
        "jax-coordinator-without-port",
        "IndexError: list index out of range",
        edits=(("10.0.0.7", "127.0.0.1"),),
        command="python train.py 0 & python train.py 1; wait",
    ),
    Proof(
        "mesh-names-differ-from-dimensions",
        "ValueError: Mesh requires the ndim of its first argument",
        command="XLA_FLAGS=--xla_force_host_platform_device_count=8 python train.py",
    ),
)


def example(card: Card, kind: str, title: str) -> Example:
    found = [each for each in card.examples if each.kind == kind and title in ("", each.title)]
    assert found, f"{card.id} has no {kind} example {title!r}"
    return found[0]


def started(proof: Proof, case: Example, folder: Path, mended: bool = False) -> Outcome:
    keep = proof.keep if case.kind == "bad" else ()
    files, port = dict(case.files), free_port()
    for old, new in proof.edits:
        files = {path: text.replace(old, new) for path, text in files.items()}
    files = {path: on_cpu(path, text, proof.processes, port, keep) for path, text in files.items()}
    if mended:
        files = as_mended(proof.rule, {**proof.files, **files}, folder.with_name("before"))
        files = {path: on_cpu(path, text, 0, port, set(ON_CPU) - set(keep)) for path, text in files.items()}
    files |= {"first.py": proof.first, "then.py": proof.then} | slurm(files.get("job.sbatch", ""))
    command = f"python first.py && {{ {proof.command or own_command(files, proof.processes)}; }} && python then.py"
    folder.mkdir()
    result = outcome({**proof.files, **files}, command, folder, 200)
    if result.passed or ABORTED not in result.output or (case.kind == "bad" and not mended):
        return result
    again = folder.with_name(f"{folder.name}-again")
    again.mkdir()
    return outcome({**proof.files, **files}, command, again, 200)


def as_mended(rule: str, files: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The files as dtlint leaves them when it is told to mend what `rule` says."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    check = [sys.executable, "-m", "dtlint", "check", "--no-cache", "--unsafe-fixes", "--select", rule, "."]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(check, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    left = {path: (folder / path).read_text(encoding="utf-8") for path in files}
    assert left != files, "nothing was mended"
    return left


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port


def own_command(files: Mapping[str, str], processes: int) -> str:
    if "job.sbatch" in files:
        return "bash job.sbatch"
    shells = [path for path in files if path.endswith(".sh")]
    named = [path for path in shells if path == "run.sh"] or [
        path for path in shells if path not in ("env.sh", "net.sh")
    ]
    if named:
        return f"bash {named[0]}"
    script = next(path for path in ("train.py", "fit.py", "evaluate.py") if path in files)
    return f"torchrun --standalone --nproc_per_node={processes} {script}"


def shows(proof: Proof, result: Outcome) -> bool:
    return proof.shows(result) if callable(proof.shows) else re.search(proof.shows, result.output) is not None


CARDS = {card.id: card for card in read_cards().cards}


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.id)
def test_the_bad_example_fails_as_the_card_says_and_the_good_one_passes(proof: Proof, tmp_path: Path) -> None:
    if shutil.which("torchrun", path=str(BIN)) is None:
        pytest.skip("torchrun is not installed")
    card = CARDS[proof.rule]
    cases = [example(card, "bad", proof.bad)]
    if proof.good is not None:
        cases.append(example(card, "good", proof.good))
    starts = [(case, tmp_path / case.kind, False) for case in cases]
    if proof.mended:
        starts.append((cases[0], tmp_path / "mended", True))
    with ThreadPoolExecutor(len(starts)) as pool:
        bad, *others = pool.map(lambda start: started(proof, *start), starts)
    assert shows(proof, bad), f"the bad example does not show it:\n{bad}"
    for (_, folder, _), result in zip(starts[1:], others, strict=True):
        assert result.passed, f"the {folder.name} example fails:\n{result}"
        assert not shows(proof, result), f"the {folder.name} example shows the mistake too:\n{result.output}"
