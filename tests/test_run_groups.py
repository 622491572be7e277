"""Which ranks a group has, where a group is missing, and how long a timeout is."""

from __future__ import annotations

import pytest
from scripts import process as run_of
from scripts import words

from dtlint.job.process import Process
from dtlint.run.environment import Environment
from dtlint.run.groups import groupless, ranks_of
from dtlint.run.host import Host
from dtlint.run.script.objects import as_value
from dtlint.run.timeouts import given_in_days, seconds, timedelta
from dtlint.run.word import Exec
from dtlint.source import Span
from dtlint.value import known, unknown

HEAD = "import torch.distributed as dist\n"


def process(text: str, rank: int = 0) -> Process:
    at = Span("job.sh", 0, 0)
    host = Host(0, unknown("the host"), known(8), known(64))
    exec = Exec(words("python", "train.py"), Environment({}), known("."), at, host)
    return Process(exec, "train.py", None, (), None, rank=known(rank), run=run_of(HEAD + text, rank=rank))


def ranks(text: str, rank: int = 0) -> tuple[int, ...] | None:
    one = process("dist.init_process_group('gloo')\n" + text + "\ndist.barrier(group=group)\n", rank)
    assert one.run is not None
    return ranks_of(next(one.run.called("torch.distributed.barrier")).thing("group"), one)


@pytest.mark.parametrize(
    ("text", "rank", "members"),
    [
        ("group = dist.new_group([0, 1])", 0, (0, 1)),
        ("group = [dist.new_group([s, s + 1]) for s in (0, 2)][dist.get_rank() // 2]", 3, (2, 3)),
        ("group, groups = dist.new_subgroups(group_size=4)", 6, (4, 5, 6, 7)),
        ("group = dist.new_group()", 0, None),
        ("group = dist.new_group(members())", 0, None),
        ("group = None", 0, None),
    ],
)
def test_the_members_of_a_group(text: str, rank: int, members: tuple[int, ...] | None) -> None:
    assert ranks(text, rank) == members


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("dist.get_rank()\n", "get_rank"),
        ("dist.init_process_group('gloo')\ndist.destroy_process_group()\ndist.barrier()\n", "barrier"),
        ("dist.init_process_group('gloo')\ndist.barrier()\ndist.destroy_process_group()\n", None),
        ("try:\n    dist.get_rank()\nexcept ValueError:\n    pass\n", None),
        ("import cluster\ncluster.join()\ndist.barrier()\n", None),
        ("import deepspeed\ndeepspeed.init_distributed()\ndist.barrier()\n", None),
    ],
)
def test_a_call_that_lacks_the_group(text: str, call: str | None) -> None:
    found = groupless(process(text))
    assert (found.event.method if found is not None else None) == call


def test_a_size_that_branches_give_in_several_ways() -> None:
    run = run_of(
        HEAD
        + "from platforms import kind, count\n"
        + "if kind() == 'cpu':\n    dist.init_process_group('gloo', world_size=count())\n"
        + "elif kind() == 'other':\n    dist.init_process_group('ucc', world_size=2 * count())\n"
        + "else:\n    dist.init_process_group('nccl', world_size=4 * count())\n"
        + "print(dist.get_world_size())\n"
    )
    assert as_value(next(run.called("print")).positional[0]).is_unknown


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("timedelta(minutes=5)", 300.0),
        ("timedelta(1)", 86_400.0),
        ("timedelta(hours=1, seconds=30)", 3_630.0),
        ("timedelta(minutes=patience())", None),
    ],
)
def test_how_long_a_timeout_is(written: str, length: float | None) -> None:
    run = run_of(f"from datetime import timedelta\n{HEAD}dist.init_process_group('gloo', timeout={written})\n")
    thing = next(run.called("torch.distributed.init_process_group")).thing("timeout")
    made = timedelta(thing)
    assert made is not None
    assert seconds(made) == length
    assert (given_in_days(thing) is not None) == (written == "timedelta(1)")
