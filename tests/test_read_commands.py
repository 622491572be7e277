"""What a reader of a document would type, and where it stands."""

from __future__ import annotations

import textwrap

import pytest

from dtlint.read.commands import passages
from dtlint.source import Source

GAP = "□"


def typed(text: str, path: str = "README.md") -> list[str]:
    """The passages of a document, with a box for each part that is to be filled in."""
    source = Source(path, textwrap.dedent(text))
    found = []
    for passage in passages(source):
        for part in passage.parts():
            if part.exact:
                assert source.text[part.at.start : part.at.end] == part.text
        found.append("".join(GAP if part.text is None else part.text for part in passage.parts()).strip())
    return found


def block(*lines: str, language: str = "bash") -> str:
    return "\n".join(("Some words.", "", f"```{language}", *lines, "```", ""))


def test_prompts_and_output_are_left_out():
    text = block("(env) $ torchrun --nproc_per_node=2 \\", ">   train.py", "rank 0 of 2", "$ ls", language="console")
    assert typed(text) == ["torchrun --nproc_per_node=2    train.py\nls"]


def test_a_block_without_language_gives_the_lines_that_are_commands():
    text = block("export A=1", "torchrun train.py \\", "  --epochs 3", "Epoch 1: don't panic", language="")
    assert typed(text) == ["export A=1\ntorchrun train.py    --epochs 3"]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("python", "torchrun = 1"),
        ("yaml", "torchrun: 2"),
        ("powershell", "torchrun train.py"),
        ("", "usage: torchrun train.py"),
        ("", "import torchrun"),
        ("bash", "ls -l"),
    ],
)
def test_what_starts_nothing_is_no_passage(language, line):
    assert typed(block(line, language=language)) == []


def test_python_in_a_block_without_language_is_not_read():
    assert typed(block("import torch", "python = 3", "python train.py", language="")) == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("--nproc_per_node=<num_gpus> train.py", f'--nproc_per_node="{GAP}" train.py'),
        ("--nproc_per_node=<# GPUs> train.py", f'--nproc_per_node="{GAP}" train.py'),
        ("--nproc_per_node NUM_GPUS train.py", f'--nproc_per_node "{GAP}" train.py'),
        ("train.py [--resume FILE] --lr 1", f"train.py {GAP} --lr 1"),
        ("train.py ...", f"train.py {GAP}"),
        ("train.py --data /path/to/data", f'train.py --data "{GAP}"'),
        ("train.py --url 'tcp://127.0.0.1:FREEPORT'", f"train.py --url 'tcp://127.0.0.1:'\"{GAP}\"''"),
        ('train.py --url "tcp://<host>:1234"', f'train.py --url "tcp://{GAP}:1234"'),
        ("--master_addr=192.168.x.x train.py", f'--master_addr="{GAP}" train.py'),
        ("-n {gpus} train.py", f'-n "{GAP}" train.py'),
    ],
)
def test_what_the_reader_fills_in_is_a_gap(written, read):
    assert typed(block("torchrun " + written)) == ["torchrun " + read]


@pytest.mark.parametrize(
    "written",
    [
        "NCCL_DEBUG=INFO torchrun --master_addr=10.0.0.1 train.py --devices [0,1] layers=[2,3]",
        "mpirun -np 4 -x NCCL_SOCKET_IFNAME -x PATH python train.py < list > out",
        "torchrun --nproc_per_node=$NUM_GPUS train.py --out ${NAME} --strategy FULL_SHARD",
        "WORLD_SIZE=4 MASTER_PORT=1234 python train.py",
    ],
)
def test_what_is_no_placeholder_stays(written):
    assert typed(block(written)) == [written]


def test_a_command_goes_on_as_the_page_likes_it():
    text = block("torchrun train.py \\  ", "  --a 1 \\  # the first", "  --b 2", "  --c 3")
    assert typed(text) == ["torchrun train.py    --a 1    --b 2   --c 3"]


def test_blocks_in_lists_lose_their_indentation():
    text = "1. Start:\n\n   ```sh\n   for i in 1; do\n     torchrun train.py\n   done\n   ```\n"
    assert typed(text) == ["for i in 1; do\n  torchrun train.py\ndone"]


def test_literal_blocks_and_directives_of_restructuredtext():
    text = """\
        Start it::

            torchrun train.py

        .. code-block:: console

            $ horovodrun -np 4 python train.py
        """
    assert typed(text, "usage.rst") == ["torchrun train.py", "horovodrun -np 4 python train.py"]
