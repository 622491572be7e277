"""What real scripts do with functions, classes and names: decorators, closures, registries, imports by name."""

from __future__ import annotations

from typing import Any

import pytest
from scripts import constants, printed, process, words

from dtlint.run.effects import Effect
from dtlint.value import Reach

PARTS = {
    "parts/__init__.py": "",
    "parts/models.py": "class Small:\n    width = 1\ndef build(n):\n    return n * 2\n",
    "registry.py": """
class Registry:
    def __init__(self):
        self.entries = {}
    def register(self, name=None):
        def add(cls):
            self.entries[name or cls.__name__] = cls
            return cls
        return add
    def get(self, name):
        return self.entries[name]
MODELS = Registry()
""",
}
SHOWN = """
class A:
    def __str__(self):
        print("str")
        return "a"
    def __repr__(self):
        print("repr")
        return "A()"
a = A()
"""
WRAPPED = """
import functools
def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print("in")
        result = function(*args, **kwargs)
        return result
    return wrapper
def repeated(times):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            for _ in range(times):
                result = function(*args, **kwargs)
            return result
        return wrapper
    return decorate
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WRAPPED + "@logged\ndef f(a, b=2):\n    return a + b\nprint(f(1))", ["in", 3]),
        (WRAPPED + "@repeated(2)\ndef f(a):\n    print(a)\n    return 5\nprint(f(1))", [1, 1, 5]),
        (WRAPPED + "@logged\n@repeated(1)\ndef f(a):\n    return a\nprint(f(4))", ["in", 4]),
        (WRAPPED + "class A:\n    @logged\n    def f(self, a):\n        return a\nprint(A().f(4))", ["in", 4]),
        ("from functools import partial\ndef f(a, b, c=3):\n    return a + b + c\nprint(partial(f, 1, c=4)(2))", [7]),
        ("from functools import partial\nclass A:\n    def __init__(self, n, m=1):\n        self.n = n + m\n"
         "print(partial(A, m=5)(1).n)", [6]),
        ("import functools\n@functools.lru_cache(maxsize=None)\ndef f(n):\n    return n + 1\nprint(f(1))", [2]),
        ("from functools import cache\n@cache\ndef f(n):\n    return n + 1\nprint(f(1))", [2]),
        ("from functools import cached_property\nclass A:\n    @cached_property\n    def n(self):\n        return 3\n"
         "print(A().n)", [3]),
        ("import jax\nprint(jax.jit(lambda n: n + 1, donate_argnums=0)(1))", [2]),
        ("import torch\n@torch.no_grad()\ndef f(n):\n    return n + 1\nprint(f(1))", [2]),
        ("import torch\n@torch.inference_mode()\ndef f(n):\n    return n + 1\nprint(f(1))", [2]),
        ("import torch\n@torch.compile\ndef f(n):\n    return n + 1\nprint(f(1))", [2]),
        ("import torch\nfrom torch.distributed.elastic.multiprocessing.errors import record\n"
         "@record\ndef main():\n    return 4\nprint(main())", [4]),
        ("from torch.distributed.elastic.multiprocessing.errors import record\n"
         "def main():\n    return 4\nprint(record(main)())", [4]),
        ("import torch\ndef f(n):\n    return n + 1\nprint(torch.no_grad()(f)(1))", [2]),
        ("class A:\n    k = 2\n    @staticmethod\n    def s(n):\n        return n\n    @classmethod\n"
         "    def c(cls, n):\n"
         "        return cls.k + n\n    @property\n    def p(self):\n        return self.k\n"
         "a = A()\nprint(a.s(1)); print(A.c(1)); print(a.c(2)); print(a.p)", [1, 3, 4, 2]),
        ("class A:\n    def __init__(self):\n        self._n = 1\n    @property\n    def n(self):\n"
         "        return self._n\n"
         "    @n.setter\n    def n(self, value):\n        self._n = value * 2\na = A()\na.n = 4\nprint(a.n)", [8]),
        ("class A:\n    k = 4\n    n = property(lambda self: self.k + 1)\nprint(A().n)", [5]),
        ("from dataclasses import dataclass, field\n@dataclass\nclass A:\n    n: int = 1\n"
         "    xs: list = field(default_factory=list)\n"
         "@dataclass\nclass B(A):\n    m: int = 2\n    def __post_init__(self):\n        self.total = self.n + self.m\n"
         "b = B(n=3)\nb.xs.append(1)\nprint(b.total); print(len(b.xs)); print(len(B().xs))", [5, 1, 0]),
        ("def outer():\n    n = 0\n    def add():\n        nonlocal n\n        n += 1\n        return n\n    add()\n"
         "    return add()\nprint(outer())", [2]),
        ("count = 0\ndef add():\n    global count\n    count += 1\nadd()\nadd()\nprint(count)", [2]),
        ("class A:\n    pass\na = A()\nsetattr(a, 'n' + '1', 4)\n"
         "print(getattr(a, 'n1')); print(getattr(a, 'm', 5))", [4, 5]),
        ("def f():\n    return 3\nprint(globals()['f']())", [3]),
        ("from parts.models import build\nprint(globals()['build'](3))", [6]),
        ("globals().update({'n': 3})\nprint(n)", [3]),
        ("for k, v in {'n': 3}.items():\n    globals()[k] = v\nprint(n)", [3]),
        ("import importlib\nm = importlib.import_module('parts.models')\n"
         "print(m.build(2)); print(m.Small.width)", [4, 1]),
        ("import importlib\nprint(getattr(importlib.import_module('parts.' + 'models'), 'build')(2))", [4]),
        ("import parts.models\nname = 'Small'\nprint(getattr(parts.models, name)().width)", [1]),
        ("from registry import MODELS\n@MODELS.register()\nclass A:\n    n = 1\n@MODELS.register('b')\ndef make():\n"
         "    return 2\nprint(MODELS.get('A').n); print(MODELS.get('b')())", [1, 2]),
        ("table = {}\ndef register(function):\n    table[function.__name__] = function\n    return function\n"
         "@register\ndef f():\n    return 3\nprint(table['f']())", [3]),
        ("class Base:\n    kinds = {}\n    def __init_subclass__(cls, **kwargs):\n"
         "        Base.kinds[cls.__name__] = cls\n"
         "class One(Base):\n    n = 4\nprint(Base.kinds['One'].n)", [4]),
        ("class Call:\n    def __init__(self, f):\n        self.f = f\n    def __call__(self, *a):\n"
         "        return self.f(*a)\n"
         "@Call\ndef f(n):\n    return n\nprint(f(3))", [3]),
        ("class A:\n    pass\ndef named(one):\n    return isinstance(one, str)\n"
         "print(named(A)); print(named(named)); print(named('A'))", [False, False, True]),
        ("print(isinstance('a', dict)); print(isinstance(3, (list, tuple))); print(isinstance(None, dict))",
         [False, False, False]),
        ("import collections.abc as abc\nimport numbers\nprint(isinstance('a', abc.Sequence))\n"
         "print(isinstance('a', abc.Mapping)); print(isinstance({'a': 1}, abc.Mapping))\n"
         "print(isinstance(3, numbers.Number))", [True, False, True, True]),
        ("from types import SimpleNamespace\ndef space(d):\n    return SimpleNamespace(**{k: space(v) if "
         "isinstance(v, dict) else v for k, v in d.items()})\nprint(space({'a': {'b': 3}, 'c': 'd'}).a.b)", [3]),
        ("from torch import nn\nfrom torch.nn.parallel import DistributedDataParallel as DDP\n"
         "class Net(nn.Module):\n    pass\n"
         "class Own(DDP):\n    pass\n"
         "for net in (Net(), nn.Linear(2, 2), DDP(Net()), Own(Net())):\n    print(isinstance(net, DDP))",
         [False, False, True, True]),
        (SHOWN + "line = f'{a}'", ["str"]),
        (SHOWN + "line = f'{a!r} {a:>9}'", ["repr", "str"]),
        (SHOWN + "line = 'at %s of %d' % (a, 3)\nline = 'at {}'.format(a)\nline = str(a)", ["str", "str", "str"]),
        ("d = {'a': [1, 'x'], 2: None}\nd['b'] = {}\nprint(str(d)); print(f'{d}'); print(str({'a': d.keys()}))",
         ["{'a': [1, 'x'], 2: None, 'b': {}}", "{'a': [1, 'x'], 2: None, 'b': {}}", ...]),
        ("d = {}\nd['own'] = d\nprint(str(d)); print('behind')", [..., "behind"]),
        ("from collections import OrderedDict\nprint(str(OrderedDict(a=1))); print(str((1, 2)))", [..., ...]),
        ("f = lambda n, m=2: n + m\nprint(f(1)); print((lambda *a: len(a))(1, 2))", [3, 2]),
    ],
)  # fmt: skip
def test_idioms(text: str, expected: list[Any]) -> None:
    assert constants(process(text, files=PARTS)) == expected


RANK_ZERO = [
    "from lightning.pytorch.utilities import rank_zero_only\n",
    "from pytorch_lightning.utilities import rank_zero_only\n",
    "from pytorch_lightning.utilities.rank_zero import rank_zero_only\n",
    "from lightning.pytorch.utilities.rank_zero import rank_zero_only\n",
    "from lightning_utilities.core.rank_zero import rank_zero_only\n",
    "from lightning.fabric.utilities.rank_zero import rank_zero_only\n",
    "import functools, torch.distributed as dist\ndef rank_zero_only(f):\n    @functools.wraps(f)\n"
    "    def inner(*a, **k):\n        if dist.get_rank() == 0:\n            return f(*a, **k)\n    return inner\n",
    "import functools, os\ndef rank_zero_only(f):\n    @functools.wraps(f)\n"
    "    def inner(*a, **k):\n        if int(os.environ.get('RANK', 0)) != 0:\n            return None\n"
    "        return f(*a, **k)\n    return inner\n",
    "from accelerate import Accelerator\nrank_zero_only = Accelerator().on_main_process\n",
    "from accelerate import PartialState\nrank_zero_only = PartialState().on_main_process\n",
]


@pytest.mark.parametrize("head", RANK_ZERO)
def test_functions_of_rank_zero_alone(head: str) -> None:
    text = head + "@rank_zero_only\ndef save():\n    print('saved')\nsave()\nprint('on')\n"
    assert constants(process(text, rank=0)) == ["saved", "on"]
    assert constants(process(text, rank=1)) == ["on"]
    applied = head + "def save():\n    print('saved')\nrank_zero_only(save)()\nprint('on')\n"
    assert constants(process(applied, rank=0)) == ["saved", "on"]
    assert constants(process(applied, rank=1)) == ["on"]


def test_a_variable_of_the_environment_that_either_side_sets_is_not_known():
    text = "if ask():\n    os.environ['A'] = '1'\nelse:\n    os.environ['A'] = '2'\nprint(os.environ.get('A'))\n"
    assert constants(process("import os\nfrom elsewhere import ask\n" + text)) == [...]


def test_a_named_tuple_has_its_fields():
    text = """
from collections import namedtuple
Place = namedtuple("Place", "rank, local_rank")
Pair = namedtuple("Pair", ["left", "right"])
here = Place(3, local_rank=1)
print(here.rank); print(here.local_rank)
left, right = Pair("a", "b")
print(right)
"""
    assert constants(process(text)) == [3, 1, "b"]


def test_processes_of_a_launch_have_one_temporary_folder():
    text = "import os, tempfile\nprint(os.path.join(tempfile.gettempdir(), 'weights.pt'))\n"
    (path,) = printed(process(text))
    assert path.reach is Reach.UNIFORM


def test_options_made_of_the_fields_of_a_dataclass():
    text = """
import argparse
from dataclasses import dataclass, fields
@dataclass
class Options:
    seconds: int = 1800
    backend: str = "nccl"
parser = argparse.ArgumentParser()
for field in fields(Options):
    parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
given = Options(**vars(parser.parse_args()))
print(given.seconds); print(given.backend)
"""
    assert constants(process(text, arguments=words("--seconds", "60"))) == [60, "nccl"]


def test_a_model_has_some_layers():
    text = """
import torch
class Tower(torch.nn.Module):
    def __init__(self, deep):
        super().__init__()
        self.layers = torch.nn.ModuleList(torch.nn.Linear(8, 8) for _ in range(deep))
    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
Tower(20)(torch.ones(8)).sum().backward()
"""
    (backward,) = process(text).effects(Effect.BACKWARD)
    assert backward.surely


def test_a_loop_behind_a_progress_bar_is_the_loop_itself():
    text = """
from tqdm import tqdm
from tqdm.auto import tqdm as bar
for n in tqdm(range(2), desc="all"):
    print(n)
epochs = bar(range(100), disable=True)
for epoch in epochs:
    epochs.set_description("on")
    print(epoch)
"""
    first, second, epoch = printed(process(text))
    assert (first.integer, second.integer) == (0, 1)
    assert ((epoch + 1) % 5 == 0).surely
    assert epoch.reach is Reach.UNIFORM


def test_what_an_object_counts_under_a_condition_is_forgotten_round_by_round():
    text = """
import time
class Patience:
    def __init__(self):
        self.best, self.waited, self.over = None, 0, False
    def __call__(self, loss):
        if self.best is None or loss < self.best:
            self.best, self.waited = loss, 0
        else:
            self.waited += 1
            if self.waited >= 3:
                self.over = True
patience = Patience()
end = 0
for batch in load("data"):
    patience(step(batch).mean().item())
    if patience.over:
        print("over")
        break
    print(time.time() - end)
    end = time.time()
"""
    run = process("from elsewhere import load, step\n" + text)
    assert [value.string for value in printed(run)][:1] == ["over"]


def test_a_function_is_mapped_over_each_leaf_of_a_tree_of_jax():
    text = """
import jax
def double(leaf, more=0):
    print(leaf)
    return 2 * leaf + more
tree = jax.tree.map(double, {"a": 1, "b": (2, 3)})
print(tree["b"][1])
print(jax.tree_util.tree_map(double, (4,), (1,))[0])
"""
    assert constants(process(text)) == [1, 2, 3, 6, 4, 9]


def test_calls_of_a_function_that_pmap_decorates_are_noted_with_what_they_map():
    text = """
from functools import partial
import jax
@jax.pmap
def one(rows):
    return rows
@partial(jax.pmap, axis_name="slices")
def other(rows):
    return rows
one(1)
other(2)
"""
    run = process(text)
    calls = list(run.called("jax.pmap.__call__"))
    assert [call.receiver.made_by.name for call in calls] == ["jax.pmap", "jax.pmap"]
    assert calls[1].receiver.made_by.argument("axis_name").string == "slices"


def test_a_progress_bar_counts_only_where_it_is_on():
    text = """
from tqdm.auto import tqdm
on, off = tqdm(total=5), tqdm(total=5, disable=True, initial=3)
for batch in load("data"):
    on.update()
    off.update()
    print(on.n)
    print(off.n)
"""
    run = process("from elsewhere import load\n" + text)
    on, off = printed(run)[:2]
    assert on.is_unknown
    assert on.reach is Reach.UNIFORM
    assert off.integer == 3
