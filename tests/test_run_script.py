"""What a script does on paper, for one process: values, branches, loops, functions, modules."""

from __future__ import annotations

import pytest
from memory_files import MemoryFiles
from scripts import constants, host, printed, process, words

from dtlint.run.environment import Environment
from dtlint.run.script import Fork, Instance, Repeat, ScriptContext, run_script
from dtlint.value import How, Reach

MAIN = 'if __name__ == "__main__":\n    main()\n'


def test_the_rank_decides_branches_and_early_returns() -> None:
    text = """
import os
import torch.distributed as dist

def is_main():
    return dist.get_rank() == 0

def main():
    dist.init_process_group("nccl")
    if not is_main():
        print("worker")
        return
    print("main")
""" + MAIN
    assert constants(process(text, rank=0)) == ["main"]
    assert constants(process(text, rank=3)) == ["worker"]
    assert all(event.surely for event in process(text, rank=3).events)


def test_rank_and_size_given_to_init_win_over_the_environment() -> None:
    text = """
import torch.distributed as dist
dist.init_process_group("gloo", rank=5, world_size=6)
print(dist.get_rank()); print(dist.get_world_size()); print(dist.is_initialized())
"""
    assert constants(process(text, rank=0)) == [5, 6, True]


def test_jax_finds_its_place_in_what_the_script_states_or_slurm_sets() -> None:
    text = "import jax\njax.distributed.initialize(process_id=2, num_processes=4)\nprint(jax.process_index())\n"
    assert constants(process(text, rank=0)) == [2]
    assert constants(process(text.replace("process_id=2, num_processes=4", ""), rank=3)) == [3]


def test_tensorflow_runs_the_main_of_the_script() -> None:
    text = "import tensorflow as tf\ndef main(_):\n    print('main')\nif __name__ == '__main__':\n    tf.app.run()\n"
    assert constants(process(text)) == ["main"]
    assert constants(process(text.replace("tf.app", "tf.compat.v1.app"))) == ["main"]


def test_an_undecided_condition_forks_the_trace_and_joins_what_is_left() -> None:
    run = process(
        "import os\nx = 1\nif os.environ['FLAG']:\n    x = 2\n    print('then')\nprint(x)\n",
    )
    fork = next(node for node in run.trace if isinstance(node, Fork))
    assert [len(fork.then), len(fork.otherwise)] == [1, 0]
    first, second = run.called("print")
    assert not first.surely
    assert second.surely
    assert set(printed(run)[1].options) == {1, 2}


def test_the_same_condition_is_decided_within_its_own_branch_and_by_what_it_left() -> None:
    run = process(
        """
import os
flag = os.environ["FLAG"]
if flag:
    loader = "sharded"
else:
    loader = "whole"
if flag:
    print(loader)
if not flag:
    print(loader)
""",
    )
    assert constants(run) == ["sharded", "whole"]


def test_behind_an_undecided_return_nothing_is_sure() -> None:
    run = process(
        """
import os
def f():
    if os.environ["FLAG"]:
        return 1
    print("inside")
    return 2
y = f()
print(y)
""",
    )
    inside, outside = run.called("print")
    assert not inside.surely
    assert outside.surely
    assert set(printed(run)[1].options) == {1, 2}


def test_a_side_that_raises_is_presumed_not_to_be_taken() -> None:
    run = process("import os\nif os.environ['A']:\n    raise ValueError('no')\nprint(1)\n")
    assert next(run.called("print")).surely
    assert run.reached_end


def test_short_loops_are_unrolled_and_long_ones_stand_once() -> None:
    run = process("for i in range(3):\n    print(i)\nfor epoch in range(90):\n    print(epoch)\n")
    assert constants(run) == [0, 1, 2, ...]
    repeat = next(node for node in run.trace if isinstance(node, Repeat))
    assert repeat.count.constant == 90
    last = list(run.called("print"))[-1]
    assert last.loops == (repeat,)
    assert (printed(run)[-1] == 200).surely_not


def test_a_loop_that_only_puts_a_command_line_together_is_unrolled_further() -> None:
    run = process(
        """
words = []
for name, value in {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": None}.items():
    words.append(f"--{name}")
    if value is not None:
        words += [str(value)]
print(words)
def more(count):
    for number in range(count):
        yield f"x{number}"
print(["y", *more(6)])
for number in range(6):
    print(number)
"""
    )
    words, others, *_ = (event.positional[0] for event in run.called("print"))
    assert [str(word) for word in words.items] == ["--a", "1", "--b", "2", "--c", "3", "--d", "4", "--e", "5", "--f"]
    assert [str(word) for word in others.items] == ["y", "x0", "x1", "x2", "x3", "x4", "x5"]
    assert len(list(run.called("print"))) == 3


def test_each_part_of_a_joined_condition_keeps_what_is_known_of_it() -> None:
    run = process(
        """
for step, batch in enumerate(load()):
    if step > 0 and step % 100 == 0:
        print("and")
    if step == 0 or step % 100:
        continue
    print("or")
"""
    )
    both, either = run.called("print")
    assert [(fork.condition if side == 0 else ~fork.condition).surely for fork, side in both.branches] == [True, True]
    assert [(fork.condition if side == 0 else ~fork.condition).surely for fork, side in either.branches] == [True, True]


def test_what_a_loop_changes_under_a_condition_is_unknown_too() -> None:
    run = process(
        """
class Patience:
    def __init__(self):
        self.bad = 0
    def over(self, good):
        if good:
            self.bad = 0
        else:
            self.bad += 1
        return self.bad > 3
patience = Patience()
for epoch in range(100):
    if patience.over(measure()):
        print("over")
"""
    )
    (over,) = run.called("print")
    assert not over.surely


def test_what_a_loop_changes_is_unknown_in_it_and_after_it() -> None:
    run = process(
        """
total = 0
class Meter:
    def __init__(self):
        self.count = 0
    def update(self):
        self.count += 1
meter = Meter()
for batch in load():
    if meter.count == 0:
        print("perhaps")
    total += 1
    meter.update()
print(total)
print(meter.count)
""",
    )
    perhaps, total, count = run.called("print")
    assert not perhaps.surely
    assert constants(run)[1:] == [..., ...]
    del total, count


def test_break_and_continue_under_an_undecided_condition() -> None:
    run = process(
        """
for batch in load():
    if bad(batch):
        continue
    print("step")
print("after")
""",
    )
    step, after = run.called("print")
    assert not step.surely
    assert after.surely


def test_missing_variables_raise_and_are_recorded() -> None:
    run = process(
        "import os\ntry:\n    r = int(os.environ['RANK'])\nexcept KeyError:\n    r = -1\nprint(r)\n"
        "print(os.environ.get('LOCAL_RANK', 7))\nlocal = os.environ['WORLD_SIZE']\nprint('behind')\n",
        rank=None,
    )
    assert constants(run) == [-1, 7, "behind"]
    assert [(read.name, read.required) for read in run.reads] == [
        ("RANK", False), ("LOCAL_RANK", False), ("WORLD_SIZE", True),
    ]  # fmt: skip
    assert run.failure is not None
    assert run.failure[0] == "KeyError"
    assert not run.reached_end


def test_variables_that_the_user_may_set_are_withheld_and_their_defaults_presumed() -> None:
    run = process("import os\nprint(os.environ['DATA'])\nprint(os.environ.get('BATCH', '8'))\n")
    first, second = printed(run)
    assert first.is_unknown
    assert second.constant == "8"
    assert any(step.how is How.PRESUMED for step in second.trail)


def test_writes_to_the_environment_are_seen_by_later_reads() -> None:
    run = process("import os\nos.environ['MASTER_PORT'] = str(29500 + 1)\nprint(os.environ['MASTER_PORT'])\n")
    assert constants(run) == ["29501"]
    (write,) = run.writes
    assert (write.name, write.value.constant) == ("MASTER_PORT", "29501")


def test_modules_packages_and_relative_imports() -> None:
    run = process(
        """
from pkg import ranks
from pkg.setup import *
from pkg.deep.tool import shout as loud
import pkg.consts as c
try:
    import apex
except ImportError:
    apex = None
print(ranks.who()); print(begin()); print(loud("x")); print(c.SIZE)
""",
        files={
            "pkg/__init__.py": "",
            "pkg/ranks.py": "from .consts import SIZE\ndef who():\n    return SIZE + 1\n",
            "pkg/consts.py": "SIZE = 4\n",
            "pkg/setup.py": "_hidden = 1\ndef begin():\n    from . import consts\n    return consts.SIZE * 2\n",
            "pkg/deep/__init__.py": "",
            "pkg/deep/tool.py": "from ..consts import SIZE as size\ndef shout(t):\n    return t.upper() * size\n",
        },
    )
    assert constants(run) == [5, 8, "XXXX", 4]


def test_in_the_repository_of_a_framework_its_calls_do_what_they_do_elsewhere() -> None:
    run = process(
        "import os\nimport deepspeed\ndeepspeed.init_distributed()\nprint(os.environ['LOCAL_RANK'])\n",
        rank=None,
        files={"deepspeed/__init__.py": "from .comm import init_distributed\n",
               "deepspeed/comm.py": "def init_distributed():\n    pass\n"},
    )  # fmt: skip
    assert [event.name for event in run.events] == ["deepspeed.init_distributed", "print"]
    assert printed(run)[0].is_unknown


def test_a_script_run_as_a_module_finds_its_package() -> None:
    text = {"app/tool/main.py": "from app.lib import N\nprint(N)\n", "app/lib.py": "N = 3\n", "app/__init__.py": ""}
    context = ScriptContext(Environment({}), host(), MemoryFiles(text), module_name="app.tool.main")
    assert constants(run_script("app/tool/main.py", context)) == [3]


def test_a_script_finds_modules_by_the_name_of_a_folder_in_which_it_lies() -> None:
    """The folder is no package, and no installed one has its name: the script is run from where the folder lies."""
    text = {
        "models/ads/rank/steps/main.py": "import rank.steps.lib as a\nfrom rank.more import N\nprint(a.M)\nprint(N)\n",
        "models/ads/rank/steps/lib.py": "M = 2\n",
        "models/ads/rank/more.py": "N = 3\n",
        "models/torch/deep/steps/main.py": "from torch.more import N\nprint(N)\n",
        "models/torch/more.py": "N = 3\n",
    }

    def found(path: str) -> list[object]:
        return constants(run_script(path, ScriptContext(Environment({}), host(), MemoryFiles(text))))

    assert found("models/ads/rank/steps/main.py") == [2, 3]
    assert found("models/torch/deep/steps/main.py") == [...]


def test_circular_imports_end() -> None:
    run = process(
        "import a\nprint(a.x)\n", files={"a.py": "import b\nx = 1\n", "b.py": "import a\nfrom a import x\ny = 2\n"}
    )
    assert constants(run) == [1]


ENGINE = "STEPS = {}\n\n\ndef steps(name):\n    return STEPS[name]\n\n\nSTEPS['long'] = 90\n"


def test_a_module_gives_what_it_defines_by_name_through_its_dict():
    text = """
import argparse
import torchvision.models as zoo
import nets
parser = argparse.ArgumentParser()
parser.add_argument("--net", default="tiny")
args = parser.parse_args()
print(nets.__dict__[args.net]())
zoo.__dict__["resnet18"]()
nets.__dict__[choose()]()
"""
    run = process(text, files={"nets.py": "def tiny():\n    return 7\n"})
    assert constants(run) == [7]
    assert [event.name for event in run.called("torchvision.models.resnet18")] == ["torchvision.models.resnet18"]


def test_a_module_that_is_first_used_in_a_loop_stays_loaded_when_the_round_is_tried_again():
    text = """
import engine
class Meter:
    def __init__(self):
        self.count = 0
    def update(self):
        self.count += 1
meter = Meter()
for epoch in range(200):
    meter.update()
    print(engine.steps("long"))
"""
    assert constants(process(text, files={"engine.py": ENGINE})) == [90]


def test_a_module_that_one_branch_uses_first_is_there_in_the_other_too():
    text = """
import engine
if choose():
    print(engine.steps("long"))
else:
    print(engine.steps("long") + 1)
print(engine.steps("long") + 2)
"""
    assert constants(process(text, files={"engine.py": ENGINE})) == [90, 91, 92]


def test_a_name_that_is_first_used_in_a_round_or_a_branch_is_the_same_thing_behind_it():
    text = """
from engine import steps
from limits import MOST
for epoch in range(2):
    for batch in batches():
        if choose():
            print(steps("long") + MOST)
    print(steps("long") + MOST + 1)
"""
    run = process(text, files={"engine.py": ENGINE, "limits.py": "MOST = 100"})
    assert constants(run) == [190, 191, 190, 191]


@pytest.mark.parametrize("decorator", ["torch.no_grad()", "torch.no_grad", "torch.inference_mode()"])
def test_a_decorator_that_turns_gradients_off_stands_around_the_body(decorator: str):
    text = f"""
import torch
@{decorator}
def measure():
    print("within")
measure()
print("behind")
"""
    names = [[one.method for one in event.contexts] for event in process(text).called("print")]
    assert names == [[decorator.split(".")[1].rstrip("()")], []]


def test_canonical_names_of_what_is_re_exported() -> None:
    run = process(
        """
from torch.utils.data import DistributedSampler
from torch.utils.data.distributed import DistributedSampler as DS
from torch.nn.parallel.distributed import DistributedDataParallel as DDP
import torch.distributed.distributed_c10d as c10d
DistributedSampler(d); DS(d); DDP(m); c10d.barrier()
""",
    )
    assert [event.name for event in run.events] == [
        "torch.utils.data.distributed.DistributedSampler",
        "torch.utils.data.distributed.DistributedSampler",
        "torch.nn.parallel.DistributedDataParallel",
        "torch.distributed.barrier",
    ]


def test_objects_keep_their_identity_through_attributes_and_calls() -> None:
    run = process(
        """
from torch.utils.data import DataLoader, DistributedSampler
class Data:
    def __init__(self, ds):
        self.sampler = DistributedSampler(ds, shuffle=True)
        self.loader = DataLoader(ds, sampler=self.sampler, **extra())
    def epoch(self, n):
        self.sampler.set_epoch(n)
data = Data(ds)
for e in range(10):
    data.epoch(e)
    for batch in data.loader:
        step(batch)
""",
    )
    made = next(run.called("torch.utils.data.distributed.DistributedSampler"))
    told = next(run.called("torch.utils.data.distributed.DistributedSampler.set_epoch"))
    loader = next(run.called("torch.utils.data.DataLoader"))
    assert told.receiver is made.result
    assert loader.thing("sampler") is made.result
    assert made.argument("shuffle").constant is True
    assert made.argument("seed").is_absent
    assert loader.argument("shuffle").is_unknown, "**extra() could give it"
    (outer,) = told.loops
    inner = next(node for node in outer.body if isinstance(node, Repeat))
    assert inner.iterable is loader.result


def test_modules_of_the_workspace_are_moved_and_wrapped() -> None:
    run = process(
        """
import torch
from torch.nn.parallel import DistributedDataParallel as DDP
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
    def forward(self, x):
        torch.distributed.all_reduce(x)
        return x
net = Net()
ddp = DDP(net.to("cuda:1"), device_ids=[1])
ddp(x)
""",
    )
    moved = next(run.called("torch.nn.Module.to"))
    wrapped = next(run.called("torch.nn.parallel.DistributedDataParallel"))
    assert isinstance(moved.receiver, Instance)
    assert wrapped.thing("module") is moved.receiver
    assert moved.argument("device").constant == "cuda:1"
    assert [event.method for event in run.events][-2:] == ["__call__", "all_reduce"], "the wrapped forward is run"


def test_defaults_dataclasses_partials_properties_and_closures() -> None:
    run = process(
        """
import functools
from dataclasses import dataclass, field
from types import SimpleNamespace
@dataclass
class Config:
    size: int = 4
    names: list = field(default_factory=list)
    @property
    def twice(self):
        return self.size * 2
def scale(x, by=3, *rest, plus, **kw):
    return x * by + plus + len(rest) + len(kw)
def counter():
    n = 0
    def up():
        nonlocal n
        n += 1
        return n
    return up
c = Config(size=5)
c.names.append("a")
print(c.twice); print(len(c.names)); print(len(Config().names))
print(functools.partial(scale, 2, plus=1)(by=4))
print(scale(1, 2, 3, plus=10, z=0))
up = counter(); up(); print(up())
print(SimpleNamespace(a=1).a)
""",
    )
    assert constants(run) == [10, 1, 0, 9, 14, 2, 1]


def test_decorators_and_contexts_of_the_workspace_are_run() -> None:
    run = process(
        """
import functools, contextlib
def only_main(f):
    @functools.wraps(f)
    def inner(*a, **k):
        if int(__import__("os").environ["RANK"]) == 0:
            return f(*a, **k)
    return inner
@only_main
def save(x):
    print(x)
@contextlib.contextmanager
def first():
    print("enter")
    yield 5
    print("leave")
@contextlib.contextmanager
def fails():
    try:
        yield
    finally:
        print("cleaned")
save("saved")
with first() as n, fails():
    print(n)
""",
    )
    assert constants(run)[-4:] == ["enter", 5, "cleaned", "leave"]


def test_generators_run_the_body_where_they_yield() -> None:
    run = process(
        "def gen():\n    print('a')\n    yield 1\n    print('b')\n    yield 2\n"
        "for x in gen():\n    print(x)\nprint(sum(list(gen())))\n"
    )
    assert constants(run) == ["a", 1, "b", 2, "a", "b", 3]


@pytest.mark.parametrize(
    "text",
    [
        "def f(n):\n    return f(n + 1)\nf(0)\n",
        "while True:\n    pass\n",
        "x = 'a'\nwhile len(x) < 10 ** 9:\n    x = x + x\n",
        "def f():\n    f()\n    f()\n    f()\nf()\n" * 3,
        "x = 2\n" + "x = x ** x\n" * 50,
        "x = [0]\n" + "x = x + x\n" * 60,
        "x = unknown()\n" + "x = x * x // (x + 1)\n" * 200,
        "import os\n" + "if os.environ['A']:\n    b = 1\n" * 3_000,
        "f(" * 150 + ")" * 150,
        "x = " + "[" * 90 + "]" * 90 + "\nprint(x)\n",
        "class A(A): pass\nA().x\n",
        "class B:\n    def __getattr__(self, n):\n        return getattr(self, n)\nB().y\n",
        "a = []\na.append(a)\nprint(a)\nprint(str(a))\nprint(a == a)\n",
        "d = {}\nd['d'] = d\nprint(d)\nimport torch\ntorch.save(d, 'x')\nunread(d)\n",
        "import train\n",
        "from train import *\nfrom . import train\nfrom ....x import y\n",
        "def g():\n    yield from g()\nfor x in g():\n    print(x)\n",
        "lambda: (yield)\nprint((lambda *a, **k: a)(1, *[2], **{'c': 3}))\n",
        "if os.environ['X']:\n    return 5\nbreak\n",
        "".join(f"{' ' * n}for i{n} in range(4):\n" for n in range(12)) + " " * 12 + "f()\n",
        "match x:\n    case 1: print(1)\n    case [a, b]: print(2)\n    case _: print(3)\n",
        "with open('a') as f, g() as (a, b):\n    x, *y = f, a, b\n    del x, y[0]\n",
    ],
)
def test_nothing_makes_it_fail_or_run_on(text: str) -> None:
    run = process(text)
    assert run.path == "train.py"


def test_a_budget_that_runs_out_says_so() -> None:
    run = process("def f(x):\n    return x\n" + "f(1)\n" * 1_000, steps=500)
    assert run.truncated
    assert not run.complete


def test_what_is_handed_to_unread_code_is_unseen() -> None:
    run = process(
        "import thing\nfrom torch.utils.data import DistributedSampler\n"
        "kept = DistributedSampler(d)\ngiven = DistributedSampler(d)\nthing.use([given])\n"
    )
    kept, given = run.called("torch.utils.data.distributed.DistributedSampler")
    assert isinstance(kept.result, Instance)
    assert isinstance(given.result, Instance)
    assert (kept.result.unseen, given.result.unseen) == (False, True)


def test_settings_come_from_documents_of_the_workspace() -> None:
    run = process(
        "import json\nwith open('ds.json') as f:\n    config = json.load(f)\nprint(config['zero']['stage'])\n"
        "print(json.loads('{\"a\": [1, 2]}')['a'][1])\n",
        files={"ds.json": '{"zero": {"stage": 3}}'},
    )
    assert constants(run)[-2:] == [3, 2]
    stage = printed(run)[-2]
    assert stage.trail[0].at.path == "ds.json"


def test_spawned_children_go_on_from_where_the_parent_was() -> None:
    run = process(
        """
import os, torch, torch.multiprocessing as mp, torch.distributed as dist
def worker(local, nodes, args):
    dist.init_process_group("nccl", rank=nodes * 10 + local, world_size=20)
    print(os.environ["MASTER_ADDR"]); print(args); print(dist.get_rank())
def main():
    os.environ["MASTER_ADDR"] = "10.0.0.9"
    mp.spawn(worker, nprocs=torch.cuda.device_count(), args=(1, "x"))
    print("joined")
""" + MAIN,
        rank=None,
    )
    assert constants(run) == ["joined"]
    (child,) = run.children
    assert child.nprocs.constant == 8
    third = child.run(3)
    assert third.child
    assert constants(third) == ["10.0.0.9", "x", 13]


def test_processes_made_in_a_loop_take_the_loops_number() -> None:
    run = process(
        """
from multiprocessing import Process
def run(rank, size):
    print(rank)
for rank in range(4):
    p = Process(target=run, args=(rank, 4))
    p.start()
""",
    )
    (child,) = run.children
    assert child.nprocs.constant == 4
    assert constants(child.run(2)) == [2]


def test_commands_that_a_script_starts() -> None:
    run = process(
        "import subprocess, os, sys\nn = 4\n"
        "subprocess.run(['torchrun', f'--nproc_per_node={n}', 'train.py', *sys.argv[1:]])\n"
        "os.system('srun hostname')\n",
        arguments=words("--lr", "1"),
    )
    first, second = run.subprocesses
    assert [word.string for word in first.argv] == ["torchrun", "--nproc_per_node=4", "train.py", "--lr", "1"]
    assert not first.shell
    assert second.shell


def test_visible_devices_limit_the_count() -> None:
    text = "import os, torch\nprint(torch.cuda.device_count())\n"
    assert constants(process(text)) == [8]
    assert constants(process(text, environment={"CUDA_VISIBLE_DEVICES": "2,3"})) == [2]


def test_chance_and_unread_code_are_told_apart() -> None:
    run = process("import random, helper\nprint(random.random() < 0.5)\nprint(helper.flag())\n")
    random_value, unread = printed(run)
    assert {symbol.kind.value for symbol in random_value.symbols()} == {"chance"}
    assert random_value.reach.value == "process"
    assert unread.reach.value == "unseen"


def test_attributes_asked_of_a_wrapper_are_noted():
    run = process(
        "import torch\n"
        "net = torch.nn.DataParallel(torch.nn.Linear(2, 2))\n"
        "net.mine = 1\n"
        "net.mine, net.module, net.other\n"
        "getattr(net, 'perhaps', None)\n"
        "try:\n"
        "    net.caught\n"
        "except AttributeError:\n"
        "    pass\n"
    )
    assert [(one.name, one.surely) for one in run.asked] == [("other", True), ("perhaps", False), ("caught", False)]


def test_a_loop_counts_its_rounds_the_same_way_in_all_processes() -> None:
    text = """
import os
step, seen, bad = 0, 0, 0
for batch in load(os.environ["DATA"]):
    step += 1
    if batch.ok():
        seen = seen + 1
    bad += 1
    if batch.better():
        bad = 0
    print(step % 100 == 0); print(seen); print(bad); print(step)
"""
    by_hundred, seen, bad, step = printed(process(text))
    assert by_hundred.reach is Reach.UNIFORM
    assert (seen.reach, bad.reach, step.reach) == (Reach.UNSEEN, Reach.UNSEEN, Reach.UNIFORM)
    assert (step > 10**6).surely
    assert (step >= 1).always


def test_a_count_of_a_loop_within_a_loop_is_the_same_in_all_processes() -> None:
    text = """
steps = 0
for epoch in range(90):
    for batch in loader():
        steps += 1
        print(steps % 50)
"""
    assert printed(process(text))[0].reach is Reach.UNIFORM


def test_a_count_goes_on_the_same_way_in_rounds_that_are_told_apart() -> None:
    text = """
class Meter:
    def __init__(self):
        self.count = 0
meter = Meter()
steps = 0
for epoch in range(3):
    for batch in loader():
        steps += 1
        meter.count += 1
        print(steps % 50); print(meter.count % 7)
"""
    found = printed(process(text))
    assert len(found) == 6
    assert all(one.reach is Reach.UNIFORM for one in found)


def test_a_method_that_two_loops_call_counts_the_same_way_in_all_processes() -> None:
    text = """
import torch
class Stepper:
    def __init__(self):
        self.micro = self.seen = 0
    def backward(self, loss):
        self.micro += 1
        if loss > 3:
            self.seen += 1
    def due(self):
        print(self.micro % 4); print(self.seen % 4)
stepper = Stepper()
for epoch in range(50):
    for batch in loader():
        stepper.backward(torch.load(batch))
        stepper.due()
"""
    micro, seen = printed(process(text))
    assert micro.reach is Reach.UNIFORM
    assert seen.reach is not Reach.UNIFORM


def test_the_number_of_a_round_is_the_same_in_all_processes_whatever_the_loop_goes_over() -> None:
    text = """
for number, batch in enumerate([load()] * 99):
    print(number); print((number + 1) % 4 == 0)
for size in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048]:
    print(size)
"""
    number, fourth, *sizes = printed(process(text))
    assert (number.reach, fourth.reach) == (Reach.UNIFORM, Reach.UNIFORM)
    assert (number >= 0).always
    assert (number <= 98).always
    assert all((size >= 1).always for size in sizes)
    assert all((size <= 2048).always for size in sizes)


def test_a_count_that_an_unknown_condition_held_back_before_is_not_the_same_everywhere() -> None:
    text = """
import random
steps = 0
if random.random() > 0.5:
    steps = 3
for batch in loader():
    steps += 1
    print(steps % 50)
"""
    assert printed(process(text))[0].reach is not Reach.UNIFORM


def test_members_of_an_enum_are_told_from_each_other_whatever_their_numbers_are() -> None:
    text = """
import enum
class Loss(enum.Enum):
    MSE = enum.auto()
    KL = enum.auto()
class Run:
    def __init__(self, loss):
        self.loss = loss
run = Run(Loss.KL)
print(run.loss == Loss.KL); print(run.loss == Loss.MSE); print(run.loss in (Loss.MSE, Loss.KL))
"""
    assert constants(process(text)) == [True, False, True]


MAPS = """
import numpy as np
import other
import torch
import torch.distributed as dist
from shapes import crop, vote


class Scale:
    def __init__(self, model):
        self.model = model

    def plain(self, row):
        return self.half(row) * 2

    def half(self, row):
        return np.asarray(row.resize((2, 2))) / 2

    def judged(self, row):
        return self.model(row)


def nested(row):
    return [len(part.strip()) for part in row.split(",")]


def notes(row):
    scale.seen = True
    return row


def meets(row):
    dist.barrier()
    return row


scale = Scale(torch.nn.Linear(4, 4))
size = 3
other.each({})
"""


def test_a_function_in_which_no_processes_meet_may_be_called_by_anybody() -> None:
    crop = "import math\ndef crop(a, n):\n    return math.floor(a[0] / n)\n"
    files = {"shapes.py": crop + "def vote(a):\n    return a.all_reduce()\n"}
    quiet = ("nested", "lambda row: crop(row, size)", "scale.plain", "lambda x: torch.abs(x)")
    meeting = (
        *("meets", "scale.judged", "Scale", "lambda row: meets(row)", "lambda row: vote(row)"),
        *("lambda row: other.agree(row)", "lambda epoch: sampler.set_epoch(epoch)", "notes"),
    )
    assert all(process(MAPS.format(text), files=files).complete for text in quiet)
    assert all(process(MAPS.format(text), files=files).unread for text in meeting)


def test_a_function_over_the_rows_of_a_data_set_is_no_part_of_the_job() -> None:
    opening = "import datasets, other\ndef encode(row):\n    return other.agree(row)\n"
    assert process(opening + 'd = datasets.load_dataset("json")["train"]\nd = d.filter(encode).map(encode)\n').complete
    assert process(opening + 'd = datasets.load_from_disk("x")\nd.map(lambda row: row)\n').complete
    assert process(opening + 'd = datasets.load_dataset("json")\nd.call(encode)\n').unread
    assert process(opening + 'd = other.load("json")\nd.map(encode)\n').unread


@pytest.mark.parametrize(
    ("device", "parts"),
    [
        ('"cuda", 3', ["cuda", 3]),
        ('"cuda:3"', ["cuda", 3]),
        ("f\"cuda:{int(os.environ['LOCAL_RANK'])}\"", ["cuda", 5]),
        ("2", ["cuda", 2]),
        ('"cuda"', ["cuda", None]),
        ('"cpu"', ["cpu", None]),
    ],
)
def test_the_parts_of_a_device(device: str, parts: list[object]) -> None:
    text = f"import os\nimport torch\nplace = torch.device({device})\nprint(place.type)\nprint(place.index)\n"
    assert constants(process(text, rank=5)) == parts


@pytest.mark.parametrize(
    ("call", "path"),
    [
        ('with_suffix(".tmp")', "/out/last.tmp"),
        ('with_name("best.pt")', "/out/best.pt"),
        ('with_stem("best")', "/out/best.pt"),
    ],
)
def test_a_path_with_another_name(call: str, path: str) -> None:
    text = f'from pathlib import Path\nlast = Path("/out") / "last.pt"\nprint(str(last))\nprint(str(last.{call}))\n'
    assert constants(process(text)) == ["/out/last.pt", path]


@pytest.mark.parametrize(("text", "events"), [("KIND = torch.cuda.get_device_name(0)\n", 1), ("KIND = 3\n", 0)])
def test_a_module_that_may_put_cuda_to_work_is_run_where_it_is_imported(text: str, events: int) -> None:
    run = process(
        "import os\nfrom kinds import KIND\nos.environ['CUDA_VISIBLE_DEVICES'] = '1'\nprint(KIND)\n",
        files={"kinds.py": "import torch\n" + text},
    )
    assert run.writes[0].index == events
