"""Two thousand random edits and requests leave the server with what a fresh lint says (`make lsp-fuzz`: more)."""

from __future__ import annotations

import sys
from pathlib import Path

from lsp_client import Client
from random_edits import Fuzz


def test_after_random_edits_everything_is_as_a_fresh_lint_says(tmp_path: Path) -> None:
    root = (tmp_path / "wörk").resolve()
    root.mkdir()
    with Client(environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as client:
        fuzz = Fuzz(client, root, seed=5)
        for _ in range(10):
            fuzz.edits(200)
            fuzz.check()


def test_nothing_is_compared_before_it_is_judged(tmp_path: Path) -> None:
    """On a busy machine a request is answered while its server still judges: then what was published is older."""
    root = (tmp_path / "work").resolve()
    root.mkdir()
    hasty = "from dtlint.lsp import server; server.PATIENCE = 0.05; from dtlint.cli import main; main()"
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    with Client(environment=environment, command=(sys.executable, "-c", hasty, "lsp")) as client:
        fuzz = Fuzz(client, root, seed=5, patience=0.05)
        for _ in range(3):
            fuzz.edits(200)
            fuzz.check()
