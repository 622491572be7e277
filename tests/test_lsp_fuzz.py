"""Two thousand random edits and requests leave the server with what a fresh lint says (`make lsp-fuzz`: more)."""

from __future__ import annotations

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
