"""The examples in the README, which are what dtlint prints: `python tests/readme.py` writes it anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from dtlint import engine
from dtlint.report import View
from dtlint.report.text import diagnostic_lines

TOP = Path(__file__).parent.parent
README = TOP / "README.md"
SHOWN = ("procs-exceed-gpus", "master-address-loopback")
"""Rules whose findings the example shows, of all that the job has."""

_BLOCK = re.compile(r"<!-- printed: (?P<job>\S+) -->\n.*?<!-- end -->", re.DOTALL)
_OUTPUT = re.compile(r"(?P<head><!-- output: (?P<job>\S+) (?P<words>[^\n]+) -->)\n.*?<!-- end -->", re.DOTALL)


def written(text: str) -> str:
    """The text of the README with its example as it is today."""
    text = _BLOCK.sub(lambda block: f"<!-- printed: {block['job']} -->\n{example(block['job'])}<!-- end -->", text)
    return _OUTPUT.sub(lambda block: f"{block['head']}\n{output(block['job'], block['words'])}<!-- end -->", text)


def output(job: str, words: str) -> str:
    """What a command prints in the folder of the job."""
    done = subprocess.run(
        [sys.executable, "-m", "dtlint", *words.split()],
        cwd=TOP / job,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return f"```console\n$ dtlint {words}\n{done.stdout}```\n"


def example(job: str) -> str:
    report = engine.lint([TOP / job], cache=False)
    shown = [diagnostic for diagnostic in report.shown() if diagnostic.rule in SHOWN]
    blocks = ["\n".join(diagnostic_lines(View(report), diagnostic)) for diagnostic in shown]
    return f"```console\n$ dtlint check {job}\n" + "\n\n".join(blocks) + "\n```\n"


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
