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
JOB = """\
#!/bin/bash
#SBATCH --nodes=1
#SBATCH --gpus-per-node=4
source env.sh
torchrun --nproc_per_node=$PROCS train.py
"""


@pytest.mark.skipif(NEOVIM is None, reason="needs nvim")
def test_neovim_shows_both_places_and_the_quick_fix_mends_the_other_file(tmp_path: Path) -> None:
    root = (tmp_path / "wörk").resolve()
    root.mkdir()
    (root / "env.sh").write_text("# é\nexport PROCS=8\n")
    (root / "job.sbatch").write_text(JOB)
    (root / "train.py").write_text("print(1)\n")
    out = tmp_path / "seen.json"
    told = {
        "DTLINT_FILE": str(root / "job.sbatch"),
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
    assert before["line"] == 4
    assert before["code"] == "procs-exceed-gpus"
    assert set(before["places"]) == {"env.sh", "job.sbatch"}
    assert seen["offered"][0].startswith("start 4 processes")
    assert seen["after"] == 0
    assert (root / "env.sh").read_text() == "# é\nexport PROCS=4\n"
