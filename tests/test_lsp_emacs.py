"""Emacs' eglot, with the settings that docs/editors.md tells, opens a broken job, shows what is wrong and mends it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
SCRIPT = TOP / "tests" / "resources" / "emacs.el"
EMACS = shutil.which("emacs")
HAS_EGLOT = ("--batch", "--eval", "(progn (package-initialize) (require 'eglot))")
JOB = """\
#!/bin/bash
#SBATCH --nodes=1
#SBATCH --gpus-per-node=4
source env.sh
torchrun --nproc_per_node=$PROCS train.py
"""


def has_eglot() -> bool:
    """Emacs 29 brings it; for older ones it is a package."""
    return EMACS is not None and subprocess.run([EMACS, *HAS_EGLOT], capture_output=True, check=False).returncode == 0


def settings() -> str:
    page = (TOP / "docs" / "editors.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"^```elisp\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.mark.skipif(not has_eglot(), reason="needs emacs with eglot")
def test_eglot_shows_what_is_wrong_and_a_code_action_mends_the_other_file(tmp_path: Path) -> None:
    root = (tmp_path / "wörk").resolve()
    root.mkdir()
    (root / "env.sh").write_text("# é\nexport PROCS=8\n")
    (root / "job.sbatch").write_text(JOB)
    (root / "train.py").write_text("print(1)\n")
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "dtlint").write_text(f'#!/bin/sh\nexec {sys.executable} -m dtlint "$@"\n')
    (commands / "dtlint").chmod(0o755)
    (tmp_path / "settings.el").write_text(settings())
    out = tmp_path / "seen.json"
    told = {
        "DTLINT_FILE": str(root / "job.sbatch"),
        "DTLINT_OUT": str(out),
        "HOME": str(tmp_path / "home"),
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(TOP), os.environ.get("PYTHONPATH")))),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "LC_ALL": "C.UTF-8",
    }
    run = subprocess.run(
        [str(EMACS), "--batch", "--load", str(tmp_path / "settings.el"), "--load", str(SCRIPT)],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert out.exists(), run.stderr
    seen = json.loads(out.read_text())
    assert seen["mode"] == "sh-mode"
    (before,) = seen["before"]
    assert before["line"] == 5
    assert "8" in before["message"]
    assert seen["offered"][0].startswith("start 4 processes")
    assert seen["after"] == 0
    assert (root / "env.sh").read_text() == "# é\nexport PROCS=4\n"
