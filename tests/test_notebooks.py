"""Notebooks: which of their text is a program, where it stands in the file, and what their kernel starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from memory_files import MemoryFiles

from dtlint import engine
from dtlint.facts.script import ScriptProgram
from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.read.notebook import read
from dtlint.run.jobs import Jobs
from dtlint.source import Source
from dtlint.value import absent


def notebook(*cells: str, indent: int | None = 1, lines: bool = True) -> str:
    """The text of a file with these code cells, each behind a cell of words."""
    made = []
    for cell in cells:
        made.append({"cell_type": "markdown", "metadata": {}, "source": ['import "nothing"\n']})
        outputs = [{"data": {"source": ["x = 1"]}, "output_type": "display_data"}]
        source = cell.splitlines(keepends=True) if lines else cell
        made.append({"cell_type": "code", "metadata": {"a": []}, "outputs": outputs, "source": source})
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=indent)


def program(*cells: str, **style: object) -> tuple[ScriptProgram, str]:
    text = notebook(*cells, **style)  # type: ignore[arg-type]
    return read(Source("a.ipynb", text)), text


@pytest.mark.parametrize("style", [{}, {"indent": None}, {"lines": False}])
def test_spans_are_those_of_the_file(style: dict[str, object]) -> None:
    found, text = program("a = 'ü \\n'\nb = \"q\"\n", "c = f(\n    a)", **style)
    assert not found.problems
    written = [text[statement.at.start : statement.at.end] for statement in found.body]
    assert written[:2] == ["a = '\\u00fc \\\\n'", 'b = \\"q\\"']
    assert written[2].startswith("c = f(")
    assert written[2].endswith("a)")
    assert "import" not in "".join(written)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%matplotlib inline\nx = 1", ["pass", "x = 1"]),
        ("if a:\n    !pip install b \\\n      --quiet\nx = 1", ["if a", "x = 1"]),
        ("files = !ls\nx = 1", ["files = ", "x = 1"]),
        ("%%bash\npython train.py", []),
        ("%%writefile train.py\nx = 1", []),
        ("%%time\nx = 1", ["pass", "x = 1"]),
        ("train?\nx = a \\\n    % b", ["pass", "x = a"]),
        ("", []),
    ],
)
def test_what_is_ipython_s_own_is_nothing(cell: str, expected: list[str]) -> None:
    found, text = program(cell)
    assert not found.problems
    written = [text[statement.at.start :] for statement in found.body]
    assert len(written) == len(expected)
    assert all(have.startswith(want) for have, want in zip(written, expected, strict=True) if want != "pass")


@pytest.mark.parametrize("text", ["", "{", "[" * 10_000, '{"cells": 3}', '{"cells": [{"source": ["\\ud800"]}]}', "no"])
def test_files_that_are_no_notebooks(text: str) -> None:
    assert not read(Source("a.ipynb", text)).body


def test_a_cell_that_does_not_parse_is_a_problem() -> None:
    found, text = program("x = 1", "def (:\n")
    assert not found.body
    (problem,) = found.problems
    assert text[problem.at.start - 4 : problem.at.end] == "def ("


LAUNCH = "from accelerate import Accelerator, notebook_launcher\n"
TRAIN = "def train(size):\n    accelerator = Accelerator()\n    print(size, accelerator.process_index)\n"


def run(*cells: str) -> list[Run]:
    files = MemoryFiles({"nb/train.ipynb": notebook(*cells)})
    jobs = Jobs(files=files, shells=(), scripts=(), notebooks=["nb/train.ipynb"], cluster=Cluster(absent(), absent()))
    return jobs.runs()


def test_a_kernel_is_one_process_and_its_launcher_starts_more() -> None:
    (job,) = run(LAUNCH, TRAIN, "notebook_launcher(train, (3,), num_processes=4)")
    (world,) = job.worlds
    assert world.size.integer == 4
    assert job.processes[0].world is None
    printed = [[str(thing) for thing in event.positional] for process in world.processes if process.run
               for event in process.run.called("print")]  # fmt: skip
    assert printed == [["3", "0"], ["3", "1"], ["3", "3"]]


def test_a_launcher_of_one_process_runs_in_the_kernel() -> None:
    (job,) = run(LAUNCH, TRAIN, "notebook_launcher(train, (3,), num_processes=1)")
    assert not job.worlds
    (process,) = job.processes
    assert process.run is not None
    assert len(list(process.run.called("print"))) == 1


def test_a_notebook_that_starts_nothing_is_no_job() -> None:
    assert run("import torch.distributed as dist\ndist.init_process_group('nccl')") == []


def test_findings_stand_at_lines_of_the_file(tmp_path: Path) -> None:
    text = notebook(
        "import torch\nimport torch.distributed as dist\nimport torch.multiprocessing as mp\n",
        "def worker(rank, size):\n    dist.init_process_group('nccl', rank=rank, world_size=size)\n"
        "    torch.cuda.set_device(0)\n",
        "mp.spawn(worker, args=(4,), nprocs=4)",
    )
    (tmp_path / "train.ipynb").write_text(text)
    report = engine.lint([tmp_path], cache=False)
    assert not report.problems
    for diagnostic in report.diagnostics:
        assert diagnostic.at.path == "train.ipynb"
    (found,) = [one for one in report.diagnostics if one.rule == "same-gpu-in-all-processes"]
    assert text[found.at.start - 22 : found.at.end] == "torch.cuda.set_device(0"
