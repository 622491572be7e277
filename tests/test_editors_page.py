"""The snippets of `docs/editors.md`: those that no test tries in their editor at least have its language."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from dtlint.lsp.settings import Settings, settings_of

PAGE = (Path(__file__).parent.parent / "docs" / "editors.md").read_text(encoding="utf-8")
SNIPPETS = dict(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))
SETTINGS = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", PAGE, re.MULTILINE)


def test_helix_gets_toml_that_starts_the_server_for_each_language() -> None:
    languages = tomllib.loads(SNIPPETS["toml"])
    server = languages["language-server"]["dtlint"]
    assert [server["command"], *server["args"]] == ["dtlint", "lsp"]
    assert settings_of(server["config"]) == Settings()
    assert all("dtlint" in language["language-servers"] for language in languages["language"])


@pytest.mark.skipif(shutil.which("nvim") is None, reason="needs nvim")
def test_newer_neovims_get_lua(tmp_path: Path) -> None:
    (tmp_path / "settings.lua").write_text(SNIPPETS["lua"])
    load = f"lua assert(loadfile({json.dumps(str(tmp_path / 'settings.lua'))}))"
    run = ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n", "-c", load, "-c", "qall!"]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=True)
    assert "Error" not in done.stderr


def test_the_table_tells_the_settings_and_their_defaults() -> None:
    assert len(SETTINGS) == len(fields(Settings))
    assert settings_of({name: json.loads(default) for name, default in SETTINGS}) == Settings()
