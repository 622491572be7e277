"""Neovim's own client opens a broken job, shows what is wrong with both places, and mends it in the other file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "resources" / "neovim.lua"
NEOVIM = shutil.which("nvim")
RULE = '''"""A site whose nodes have four GPUs."""

from dtlint.fix import Edit
from dtlint.job.launch import Launch
from dtlint.rule import Finding


def check(launch: Launch):
    number = launch.per_node
    edits = [Edit(step.at, "PROCS=4") for step in number.trail if step.text.startswith("PROCS=")]
    yield Finding(number > 4, launch, because=[number], edits=edits, number=number)
'''
CARD = """---
title: More processes than a node of this site has GPUs
severity: error
message: "{number} processes, and nodes here have 4 GPUs"
symptoms: [setup/failure]
fix_pattern: communication-configuration
evidence: ["https://example.org/thread"]
fix: {title: start 4 processes, safety: safe}
---
## Why

Our nodes have four.
"""


@pytest.mark.skipif(NEOVIM is None, reason="needs nvim")
def test_neovim_shows_both_places_and_the_quick_fix_mends_the_other_file(tmp_path: Path) -> None:
    root = (tmp_path / "wörk").resolve()
    rules = root / ".dtlint" / "rules" / "site"
    rules.mkdir(parents=True)
    (rules / "four_gpus.py").write_text(RULE)
    (rules / "four_gpus.md").write_text(CARD)
    (root / "env.sh").write_text("# é\nexport PROCS=8\n")
    (root / "run.sh").write_text("#!/bin/bash\nsource env.sh\ntorchrun --nproc_per_node=$PROCS train.py\n")
    (root / "train.py").write_text("print(1)\n")
    out = tmp_path / "seen.json"
    told = {
        "DTLINT_FILE": str(root / "run.sh"),
        "DTLINT_ROOT": str(root),
        "DTLINT_OUT": str(out),
        "DTLINT_PYTHON": sys.executable,
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    run = subprocess.run(
        [str(NEOVIM), "--headless", "-u", "NONE", "-i", "NONE", "-n", "-c", f"luafile {SCRIPT}"],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert out.exists(), run.stderr
    seen = json.loads(out.read_text())
    (before,) = seen["before"]
    assert before["line"] == 2
    assert before["message"].startswith("8 processes, and nodes here have 4 GPUs")
    assert "env.sh" in before["places"]
    assert seen["offered"][0] == "start 4 processes"
    assert seen["after"] == 0
    assert (root / "env.sh").read_text() == "# é\nexport PROCS=4\n"
