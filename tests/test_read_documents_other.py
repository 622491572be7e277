"""Dockerfiles, pins, code blocks, kinds of files, and bytes that become text."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtlint.facts.document import Hole, Leaf
from dtlint.facts.pins import Pin
from dtlint.read import dockerfile, kinds, markdown, pins
from dtlint.read.kinds import Kind
from dtlint.read.text import decode
from dtlint.source import Source

DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG TORCH=2.1.0
ARG TAG
FROM pytorch/pytorch:${TORCH}-cuda12.1-cudnn8-runtime AS base
ENV A=1 B="two words" \\
    # a comment between
    C=$A
ENV OLD all of this
RUN --mount=type=cache,target=/root pip install \\
    # torch==1.0
    torch==2.2.0 \\

    "deepspeed>=0.12,<0.13" && echo done
RUN <<END
pip install ray[train]==2.9.0
END
FROM base
CMD ["python", "train.py"]
ENTRYPOINT torchrun --nproc_per_node=8 train.py
FROM other:${TAG}
"""


def read_dockerfile(text: str) -> dockerfile.Dockerfile:
    return dockerfile.read(Source("Dockerfile", text))


class TestDockerfile:
    def test_stages_and_their_images(self) -> None:
        first, second, third = read_dockerfile(DOCKERFILE).stages
        assert isinstance(first.image, Leaf)
        assert first.image.value == "pytorch/pytorch:2.1.0-cuda12.1-cudnn8-runtime"
        assert DOCKERFILE[first.image.at.start : first.image.at.end].startswith("pytorch/pytorch:${TORCH}")
        assert first.name == "base"
        assert read_dockerfile(DOCKERFILE).lineage(second) == (second, first)
        # Its ARG has no default.
        assert isinstance(third.image, Hole)

    def test_environment(self) -> None:
        found = {entry.key: entry.node for entry in read_dockerfile(DOCKERFILE).stages[0].environment}
        assert {key: node.value for key, node in found.items() if isinstance(node, Leaf)} == {
            "A": "1", "B": "two words", "OLD": "all of this",
        }  # fmt: skip
        assert isinstance(found["C"], Hole)
        for node, expected in ((found["B"], '"two words"'), (found["C"], "$A"), (found["OLD"], "all of this")):
            assert DOCKERFILE[node.at.start : node.at.end] == expected

    def test_shell_text_stands_where_it_stands_in_the_file(self) -> None:
        (run, heredoc) = (one for one in read_dockerfile(DOCKERFILE).stages[0].instructions if one.keyword == "RUN")
        text, start = run.arguments.text, run.arguments.at.start
        assert "torch==1.0" not in text
        assert text.startswith("pip install")
        for index, char in enumerate(text):
            assert char in (" ", DOCKERFILE[start + index])
        (inner,) = heredoc.heredocs
        assert inner.text == DOCKERFILE[inner.at.start : inner.at.end] == "pip install ray[train]==2.9.0\n"

    def test_exec_form_and_shell_form(self) -> None:
        command, entry = read_dockerfile(DOCKERFILE).stages[1].instructions
        assert command.words is not None
        assert [DOCKERFILE[word.at.start : word.at.end] for word in command.words] == ['"python"', '"train.py"']
        assert entry.words is None
        assert entry.arguments.text == "torchrun --nproc_per_node=8 train.py"

    def test_an_instruction_that_there_is_not_is_a_problem(self) -> None:
        found = read_dockerfile("FROM a\nRUN pip install x\n    pip install y\nENV B=1\n")
        assert [problem.message for problem in found.problems] == ["not an instruction of a Dockerfile: pip"]
        assert [one.keyword for one in found.stages[0].instructions] == ["RUN", "ENV"]

    @given(st.text("FROMRUNEV abc=\"'\\\n#$<{}[],`\r", max_size=80))
    def test_no_text_raises(self, text: str) -> None:
        found = read_dockerfile("FROM a\n" + text)
        for instruction in (one for stage in found.stages for one in stage.instructions):
            assert len(instruction.arguments.text) == instruction.arguments.at.end - instruction.arguments.at.start


def pinned(text: str, path: str = "requirements.txt") -> dict[str, tuple[str, str | None]]:
    return {pin.name: (pin.specifier, pin.exact) for pin in pins.read(Source(path, text))}


class TestPins:
    @pytest.mark.parametrize(
        ("line", "pin"),
        [
            ("torch==2.1.0", ("torch", "==2.1.0", "2.1.0")),
            ("torch == 2.1.0  # why", ("torch", "==2.1.0", "2.1.0")),
            ("torch==2.1.0+cu118", ("torch", "==2.1.0+cu118", "2.1.0")),
            ("torch>=2,<3", ("torch", ">=2,<3", None)),
            ("torch==2.*", ("torch", "==2.*", None)),
            ("torch==2.1.0,!=2.1.1", ("torch", "==2.1.0,!=2.1.1", "2.1.0")),
            ("Pytorch_Lightning[extra]~=2.1", ("pytorch-lightning", "~=2.1", None)),
            ("torch", ("torch", "", None)),
            ('torch==2.1.0; python_version < "3.9"', ("torch", "==2.1.0", None)),
            ('torch==2.1.0; sys_platform == "linux"', ("torch", "==2.1.0", "2.1.0")),
            ("torch==2.1.0 --hash=sha256:00", ("torch", "==2.1.0", "2.1.0")),
            ("torch==$TORCH", ("torch", "==$TORCH", None)),
        ],
    )
    def test_requirements(self, line: str, pin: tuple[str, str, str | None]) -> None:
        assert pinned(line) == {pin[0]: pin[1:]}

    @pytest.mark.parametrize("line", ["# torch==1.0", "-r other.txt", "-e .", "git+https://github.com/a/b", "", "=="])
    def test_what_is_no_pin(self, line: str) -> None:
        assert pinned(line) == {}

    def test_a_wheel_tells_its_version(self) -> None:
        found = pinned("flash-attn @ https://x.org/flash_attn-2.3.0+cu12-cp310-cp310-linux_x86_64.whl")
        assert found["flash-attn"][1] == "2.3.0"

    def test_project_files(self) -> None:
        text = (
            '[project]\ndependencies = ["torch==2.0.1"]\n[project.optional-dependencies]\nall = ["ray>=2"]\n'
            '[tool.poetry.dependencies]\npython = "^3.9"\ndeepspeed = "0.12.0"\ntrl = "^0.7.1"\npeft = "~1.2.3"\n'
            'accelerate = {version = "^1.2", extras = ["x"]}\nvllm = {version = "1.0", markers = "x == y"}\n'
            'numpy = "*"\n'
        )
        assert pinned(text, "pyproject.toml") == {
            "torch": ("==2.0.1", "2.0.1"),
            "ray": (">=2", None),
            "deepspeed": ("==0.12.0", "0.12.0"),
            "trl": (">=0.7.1,<0.8", None),
            "peft": (">=1.2.3,<1.3", None),
            "accelerate": (">=1.2,<2", None),
            "vllm": ("==1.0", None),
            "numpy": ("", None),
        }

    def test_lock_files(self) -> None:
        text = 'version = 1\n\n[[package]]\nname = "torch"\nversion = "2.1.0+cu121"\nsource = { registry = "x" }\n'
        assert pinned(text, "uv.lock") == {"torch": ("==2.1.0+cu121", "2.1.0")}

    def test_conda(self) -> None:
        text = (
            "dependencies:\n- pytorch::pytorch=2.0.1=py3.9_cuda\n- cudatoolkit=11.8\n- horovod>=0.28\n"
            "- pip:\n  - trl==0.7\n"
        )
        assert pinned(text, "environment.yml") == {
            "torch": ("==2.0.1", "2.0.1"),
            "cudatoolkit": ("==11.8.*", None),
            "horovod": (">=0.28", None),
            "trl": ("==0.7", "0.7"),
        }

    def test_dockerfiles_install_over_their_image(self) -> None:
        found = pins.read(Source("Dockerfile", DOCKERFILE))
        assert [(pin.name, pin.exact) for pin in found] == [
            ("torch", "2.1.0"), ("torch", "2.2.0"), ("deepspeed", None), ("ray", "2.9.0"),
        ]  # fmt: skip
        assert [DOCKERFILE[pin.at.start : pin.at.end] for pin in found][1:] == [
            "torch==2.2.0", '"deepspeed>=0.12,<0.13"', "ray[train]==2.9.0",
        ]  # fmt: skip

    def test_shell_text(self) -> None:
        text = (
            "pip install -q torch==2.1.0 -f https://x.org/whl 'trl>=0.7' -r req.txt; echo torch==1.0\n"
            "# pip install torch==0.1\npython -m pip install --no-deps peft==0.5 | tee log\npip list\n"
            "conda install -y -c pytorch pytorch=2.0 nccl\n"
        )
        assert [(pin.name, pin.specifier) for pin in pins.read(Source("run.sh", text))] == [
            ("torch", "==2.1.0"), ("trl", ">=0.7"), ("peft", "==0.5"), ("torch", "==2.0.*"), ("nccl", ""),
        ]  # fmt: skip

    def test_images(self) -> None:
        at = Source("x", "")
        span = pins.read(Source("requirements.txt", "a"))[0].at
        assert at.text == ""
        assert pins.image("pytorch/pytorch:2.1.0-cuda12.1", span) == Pin("torch", "==2.1.0", "2.1.0", span)
        latest = pins.image("pytorch/pytorch:latest", span)
        assert latest is not None
        assert latest.exact is None
        # Its month says nothing about the version of torch, but that one is there.
        month = pins.image("nvcr.io/nvidia/pytorch:23.10-py3", span)
        assert month is not None
        assert (month.name, month.exact) == ("torch", None)
        assert pins.image("ubuntu:22.04", span) is None

    @given(
        st.text("torch=2.0[]\"'{}:-,;@# \n\\$<>|&()^~*", max_size=60),
        st.sampled_from(("requirements.txt", "pyproject.toml", "uv.lock", "environment.yml", "Dockerfile", "a.sh")),
    )
    def test_no_text_raises(self, text: str, path: str) -> None:
        prefix = {"Dockerfile": "FROM a\nRUN pip install ", "a.sh": "pip install "}.get(path, "")
        for pin in pins.read(Source(path, prefix + text)):
            assert pin.name == pins.canonical(pin.name)


class TestMarkdown:
    def test_fences(self) -> None:
        text = "x\n```bash\ntorchrun a\n```\n- ~~~ {.sh}\n  y\n  ~~~\n```\nno end"
        found = markdown.blocks(Source("a.md", text))
        assert [(block.language, text[block.at.start : block.at.end]) for block in found] == [
            ("bash", "torchrun a\n"), (".sh", "  y\n"), ("", "no end"),
        ]  # fmt: skip

    def test_indented(self) -> None:
        code = "    torchrun a.py \\\n      --x 1\n\n    ls\n\n"
        text = f"Run it:\n\n{code}So\n    goes on\n\n- an item\n\n    of the item\n"
        (block,) = markdown.blocks(Source("a.md", text))
        assert text[block.at.start : block.at.end] == code
        assert (block.language, block.indent) == ("", 4)

    def test_directives(self) -> None:
        text = "x\n\n.. code-block:: bash\n   :linenos:\n\n   torchrun a\n\n   b\n\ny\n"
        (block,) = markdown.blocks(Source("a.rst", text))
        assert (block.language, block.indent) == ("bash", 3)
        assert text[block.at.start : block.at.end].split() == ["torchrun", "a", "b"]

    @given(st.text("`~ \nabc.:-", max_size=60), st.sampled_from(("a.md", "a.rst")))
    def test_no_text_raises(self, text: str, path: str) -> None:
        for block in markdown.blocks(Source(path, text)):
            assert 0 <= block.at.start <= block.at.end <= len(text)


class TestKinds:
    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("a/train.py", Kind.PYTHON),
            ("job.sbatch", Kind.SHELL),
            ("JOB.SLURM", Kind.SHELL),
            ("values.yml", Kind.YAML),
            ("job.yaml-template", Kind.YAML),
            ("ds.json.j2", Kind.JSON),
            ("ds_config_TEMPLATE.json", Kind.JSON),
            ("Dockerfile", Kind.DOCKERFILE),
            ("Dockerfile.gpu", Kind.DOCKERFILE),
            ("train.dockerfile", Kind.DOCKERFILE),
            (".env.local", Kind.DOTENV),
            ("nccl.env", Kind.DOTENV),
            ("requirements-dev.txt", Kind.PINS),
            ("requirements.in", Kind.PINS),
            ("uv.lock", Kind.PINS),
            ("pyproject.toml", Kind.TOML),
            ("hostfile", Kind.HOSTFILE),
            ("my_hosts.txt", Kind.HOSTFILE),
            ("ip_config.txt", Kind.HOSTFILE),
            ("hosts.py", Kind.PYTHON),
            ("README.rst", Kind.MARKDOWN),
            ("a.ipynb", Kind.NOTEBOOK),
            ("notes.txt", None),
            ("Makefile", Kind.MAKEFILE),
            ("model.bin", None),
        ],
    )
    def test_by_name(self, name: str, kind: Kind | None) -> None:
        assert kinds.by_name(name) is kind

    @pytest.mark.parametrize(
        ("head", "kind"),
        [
            (b"#!/bin/bash -l\n", Kind.SHELL),
            (b"#!/usr/bin/env python3\n", Kind.PYTHON),
            (b"# a job\n#SBATCH --nodes=2\n", Kind.SHELL),
            (b"#SBATCH is explained here\n", None),
            (b"\x7fELF\0#SBATCH --nodes=2", None),
            (b"text", None),
        ],
    )
    def test_by_content(self, head: bytes, kind: Kind | None) -> None:
        assert kinds.by_content(head) is kind

    @pytest.mark.parametrize(
        "line",
        [
            "import torch.distributed as dist", "model = DDP(model)  # DistributedDataParallel", "import deepspeed",
            "from accelerate import Accelerator", "import horovod.torch as hvd", "import ray", "os.environ['RANK']",
            "import pytorch_lightning as pl", "jax.process_index()", "strategy = tf.distribute.MirroredStrategy()",
        ],
    )  # fmt: skip
    def test_the_screen_lets_training_through(self, line: str) -> None:
        assert kinds.mentions_distribution(f"import os\n{line}\n".encode())

    def test_the_screen_keeps_the_rest_out(self) -> None:
        assert not kinds.mentions_distribution(b"import numpy as np\nx = np.array([1]).train(b=2)  # franking\n")


class TestText:
    @pytest.mark.parametrize(
        ("mark", "encoding"), [(b"", "utf-8"), (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
                               (codecs.BOM_UTF16_BE, "utf-16-be")]
    )  # fmt: skip
    @given(text=st.text(st.characters(exclude_characters="\x00\ufeff", exclude_categories=("Cs",))))
    def test_there_and_back_again(self, mark: bytes, encoding: str, text: str) -> None:
        content = mark + text.encode(encoding)
        decoded = decode("a.txt", content)
        assert decoded.source is not None
        assert decoded.source.text == text
        assert decoded.encode(text) == content
        assert not decoded.problems

    @given(st.binary(max_size=40), st.booleans())
    def test_any_bytes_come_back_or_are_binary(self, content: bytes, python: bool) -> None:
        decoded = decode("a.py", content, python=python)
        if decoded.source is None:
            assert [problem.message for problem in decoded.problems] == ["looks binary"]
        elif not decoded.mark:
            assert decoded.encode(decoded.source.text) == content

    def test_a_bad_byte_is_one_problem_at_its_place(self) -> None:
        decoded = decode("a.sh", "é\n".encode() + b"x\xff\xfe")
        (problem,) = decoded.problems
        assert problem.message == "not valid utf-8: byte 0xff"
        assert (problem.at.start, problem.at.end) == (3, 4)

    def test_python_may_declare_its_encoding(self) -> None:
        content = "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1")
        decoded = decode("a.py", content, python=True)
        assert decoded.source is not None
        assert "é" in decoded.source.text
        assert not decoded.problems
        assert decode("a.sh", content).problems

    def test_an_encoding_that_there_is_not(self) -> None:
        decoded = decode("a.py", b"# coding: klingon\n", python=True)
        assert [problem.message for problem in decoded.problems] == ["declares the unknown encoding klingon"]

    def test_line_ends_stay(self) -> None:
        decoded = decode("a.txt", b"a\r\nb\rc\n")
        assert decoded.source is not None
        assert decoded.source.text == "a\r\nb\rc\n"
