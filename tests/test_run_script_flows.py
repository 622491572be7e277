"""What differs between processes: contents and shapes that data bring, and what makes them equal again."""

from __future__ import annotations

import pytest
from scripts import printed, process

from dtlint.run.partings import forks
from dtlint.run.script import ScriptRun
from dtlint.run.script.flows import facets
from dtlint.value import Reach

LOADER = """
import math
import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.utils.data import DataLoader, DistributedSampler
from transformers import AutoModel
from elsewhere import LEAST, Data, whatever
dist.init_process_group("gloo")
data = Data()
loader = DataLoader(data, batch_size=4, sampler=DistributedSampler(data))
plain = DataLoader(data, batch_size=4)
"""


def reaches(run: ScriptRun) -> list[tuple[Reach, Reach]]:
    """Content and extent of the first argument of each `print`."""
    found = [facets(event.positional[0]) for event in run.called("print")]
    return [(one.content, one.extent) for one in found]


@pytest.mark.parametrize(
    ("expression", "content"),
    [
        ("x", Reach.PROCESS),
        ("x.to('cuda').float()", Reach.PROCESS),
        ("x['labels']", Reach.PROCESS),
        ("x[:, :-1]", Reach.PROCESS),
        ("(x != -100).any()", Reach.PROCESS),
        ("F.cross_entropy(x, x).item()", Reach.PROCESS),
        ("torch.nn.CrossEntropyLoss()(x, x) * 2 + 1", Reach.PROCESS),
        ("math.isnan(x.mean().item())", Reach.PROCESS),
        ("np.mean([x.mean().item()])", Reach.PROCESS),
        ("torch.tensor([x.sum()])", Reach.PROCESS),
        ("(lambda n: n)(**{k: v.cuda() for k, v in x.items()})", Reach.PROCESS),
        ("(lambda n: n)(**x)", Reach.PROCESS),
        ("(lambda n=None: n)(**x)", Reach.UNSEEN),
        ("AutoModel.from_pretrained('b')(**x).loss", Reach.PROCESS),
        ("AutoModel.from_pretrained('b')(**whatever(x)).loss", Reach.UNSEEN),
        ("whatever(x)", Reach.UNSEEN),
        ("whatever(x).item()", Reach.UNSEEN),
        ("x.reduced()", Reach.UNSEEN),
        ("whatever", Reach.UNSEEN),
    ],
)
def test_pure_operations_hand_on_that_data_differ(expression: str, content: Reach) -> None:
    run = process(f"{LOADER}\nfor x in loader:\n    print({expression})\n")
    assert reaches(run)[0][0] is content


@pytest.mark.parametrize(
    ("expression", "extent"),
    [
        ("x[x > 0]", Reach.PROCESS),
        ("x.nonzero()", Reach.PROCESS),
        ("torch.unique(x).float()", Reach.PROCESS),
        ("torch.cat([x[x > 0], x[x < 0]])", Reach.PROCESS),
        ("torch.zeros_like(x[x > 0])", Reach.PROCESS),
        ("torch.zeros(x[x > 0].size(0))", Reach.PROCESS),
        ("torch.zeros(len(x[x > 0]))", Reach.PROCESS),
        ("torch.zeros(x[x > 0].shape[0])", Reach.PROCESS),
        ("x[x > 0].sum()", Reach.UNIFORM),
        ("torch.tensor([x.sum()])", Reach.UNIFORM),
        ("x[0]", Reach.UNSEEN),
        ("torch.zeros(x[x > 0].shape[1])", Reach.UNSEEN),
        ("whatever(x[x > 0])", Reach.UNSEEN),
        ("x", Reach.UNSEEN),
    ],
)
def test_rows_chosen_by_content_differ_in_number(expression: str, extent: Reach) -> None:
    run = process(f"{LOADER}\nfor x in loader:\n    print({expression})\n")
    assert reaches(run)[0][1] is extent


def test_a_loader_without_a_distributed_sampler_may_give_all_the_same() -> None:
    assert reaches(process(f"{LOADER}\nfor x in plain:\n    print(x)\n"))[0][0] is Reach.UNSEEN


@pytest.mark.parametrize(
    "call",
    ["dist.all_reduce(x)", "dist.broadcast(x, 0)", "dist.all_gather(parts, y)", "dist.all_reduce(x, op=LEAST)"],
)
def test_a_collective_makes_equal_what_it_fills(call: str) -> None:
    text = f"""
for x in loader:
    y = x
    parts = [torch.zeros_like(x), torch.zeros_like(x)]
    {call}
    print({"parts[0]" if "parts" in call else "x"}.sum())
"""
    assert reaches(process(LOADER + text))[0][0] is Reach.UNIFORM


@pytest.mark.parametrize(
    ("call", "looked_at"),
    [
        ("dist.all_reduce(y.detach())", "y"),
        ("dist.all_reduce(y.data)", "y"),
        ("dist.all_reduce(y[0])", "y[0]"),
        ("dist.all_reduce(y.view(-1)[0])", "y"),
        ("a, b = x\n    dist.all_reduce(a)", "x[0]"),
    ],
)
def test_a_collective_fills_what_shares_the_memory_of_its_tensor(call: str, looked_at: str) -> None:
    run = process(f"{LOADER}\nfor x in loader:\n    y = x * 2\n    {call}\n    print({looked_at}.sum())\n")
    assert reaches(run)[0][0] is Reach.UNIFORM


def test_nothing_is_claimed_once_a_comparison_itself_was_reduced() -> None:
    text = "for x in loader:\n    flag = x.sum() > 0\n    dist.all_reduce(flag)\n    if flag:\n        continue\n"
    run = process(f"{LOADER}\n{text}    dist.barrier()\n")
    assert run.filled_unseen
    assert not process(f"{LOADER}\nfor x in loader:\n    dist.all_reduce(x)\n").filled_unseen


def test_what_unread_code_was_given_may_have_been_made_equal() -> None:
    run = process(f"{LOADER}\nfor x in loader:\n    whatever(x)\n    print(x.sum())\n")
    assert reaches(run)[0][0] is Reach.UNSEEN


def test_a_broadcast_list_holds_what_rank_0_put_in() -> None:
    text = """
box = [None]
if dist.get_rank() == 0:
    box = ["it"]
dist.broadcast_object_list(box, src=0)
print(box[0])
print(box[0] is None)
"""
    for rank in (0, 1):
        first, second = printed(process(LOADER + text, rank=rank))
        assert not first.known
        assert not second.known


def conditions(run: ScriptRun) -> list[Reach]:
    return [fork.value.reach for fork, _, _ in forks(run.trace, (), ())]


@pytest.mark.parametrize(
    ("body", "reach"),
    [
        ("if x.sum() > 0:\n        print(1)", Reach.PROCESS),
        ("if not (x > 0).any():\n        print(1)", Reach.PROCESS),
        ("try:\n        if x.sum() > 0:\n            raise ValueError\n    except ValueError:\n        print(1)",
         Reach.PROCESS),
        ("try:\n        if x.sum() > 0:\n            raise LookupError\n    except ValueError:\n        print(1)",
         Reach.UNSEEN),
        ("try:\n        if step % 9 == 0:\n            raise ValueError\n    except ValueError:\n        print(1)",
         Reach.UNSEEN),
        ("try:\n        whatever(x)\n    except torch.OutOfMemoryError:\n        print(1)", Reach.PROCESS),
        ("if x is None:\n        print(1)", Reach.UNSEEN),
        ("if x:\n        print(1)", Reach.UNSEEN),
        ("if 'labels' in x:\n        print(1)", Reach.UNSEEN),
        ("if x.shape[0] < 4:\n        print(1)", Reach.UNSEEN),
        ("if step % 10 == 0:\n        print(1)", Reach.UNIFORM),
        ("stop = False\n    if x.sum() > 0:\n        stop = True\n    if stop:\n        print(1)", Reach.PROCESS),
    ],
)  # fmt: skip
def test_conditions_differ_by_content_not_by_kind(body: str, reach: Reach) -> None:
    run = process(f"{LOADER}\nfor step, x in enumerate(loader):\n    {body}\n")
    assert conditions(run)[-1] is reach


@pytest.mark.parametrize(
    "body",
    [
        "if step % 10 == 0 and x.sum() > 0:\n        print(1)",
        "n = x.sum().item()\n    if n > 0 and step > 10:\n        print(1)",
    ],
)
def test_a_joined_condition_differs_where_one_of_its_parts_does(body: str) -> None:
    run = process(f"{LOADER}\nfor step, x in enumerate(loader):\n    {body}\n")
    assert Reach.PROCESS in conditions(run)


def test_a_list_that_grows_under_a_condition_on_data_differs_in_length_not_one_that_grows_always() -> None:
    text = """
some, every = [], []
for x in loader:
    if x.sum() > 0:
        some.append(x)
    every.append(x)
print(len(some))
print(len(every))
"""
    some, every = printed(process(LOADER + text))
    assert some.reach is Reach.PROCESS
    assert every.reach is not Reach.PROCESS


def test_a_setting_of_a_module_that_was_not_read_may_be_off() -> None:
    run = process("from settings import options\nif options.debug:\n    print(1)\nelse:\n    print(2)\n")
    assert [value.integer for value in printed(run)] == [1, 2]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("kept = {n: p for n, p in a.named_parameters()}", 1),
        ("kept = {}\nfor n, p in a.named_parameters():\n    kept[n] = p", 1),
        ("kept = {n: p for n, p in a.named_parameters()}\nkept.update(whatever)", 2),
        ("kept = {n: p for n, p in a.named_parameters()}\nwhatever(kept)", 2),
        ("kept = whatever", 0),
    ],
)
def test_a_dict_tells_what_stands_for_its_keys(text: str, held: int) -> None:
    run = process(f"{LOADER}\na = whatever.Model()\n{text}\nfor n, p in a.named_parameters():\n    print(n in kept)\n")
    assert [len(one.held) for one in run.sought if one.held] == ([held] if held else [])


def test_a_loader_is_as_long_as_the_share_of_one_process_once_it_is_prepared() -> None:
    text = """
from accelerate import Accelerator
from torch.utils.data import DataLoader
from elsewhere import rows
loader = DataLoader(rows())
print(len(loader))
loader = Accelerator().prepare(loader)
print(len(loader))
"""
    before, after = printed(process(text))
    assert not before.same(after)


def test_a_dict_that_gets_a_key_under_a_condition_on_data_has_a_number_of_items_of_its_own() -> None:
    text = """
for x in loader:
    own, every, emptied = {}, {}, {}
    if x.sum() > 0:
        own["rare"] = x
        every["x"] = x
        emptied["rare"] = x
    else:
        every["x"] = 0
    emptied.clear()
    print(len(own.items()))
    print(len(every.items()))
    print(len(emptied.items()))
"""
    own, every, emptied = printed(process(LOADER + text))
    assert own.reach is Reach.PROCESS
    assert every.integer == 1
    assert emptied.reach is not Reach.PROCESS
