"""The extension for VS Code knows the settings that the server reads; `make vscode` compiles and tries it."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from dtlint import __version__
from dtlint.diagnostic import Severity
from dtlint.lsp.settings import Settings, settings_of

EXTENSION = Path(__file__).parent.parent / "editors" / "vscode"
PACKAGE = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
PROPERTIES: dict[str, dict[str, Any]] = {
    name.removeprefix("dtlint."): property
    for name, property in PACKAGE["contributes"]["configuration"]["properties"].items()
}
ITS_OWN = ("command", "arguments", "trace.server")
"""What the extension needs before there is a server."""
OTHERWISE = {"trust": True, "severity": "note", "codeLens": False, "inlayHints": True}


def test_each_setting_is_one_that_the_server_reads() -> None:
    assert PROPERTIES.keys() - set(ITS_OWN) == OTHERWISE.keys()
    assert len(OTHERWISE) == len(fields(Settings))
    for name, value in OTHERWISE.items():
        assert settings_of({name: value}) != Settings(), name


def test_what_is_set_to_its_default_changes_nothing() -> None:
    assert settings_of({name: PROPERTIES[name]["default"] for name in OTHERWISE}) == Settings()
    assert PROPERTIES["severity"]["enum"] == [severity.value for severity in Severity]


def test_a_workspace_can_neither_trust_itself_nor_say_what_runs() -> None:
    assert PROPERTIES["trust"]["scope"] == "machine"
    limits = PACKAGE["capabilities"]["untrustedWorkspaces"]
    assert limits["supported"] == "limited"
    assert set(limits["restrictedConfigurations"]) == {"dtlint.command", "dtlint.arguments"}


def test_it_has_the_version_of_dtlint() -> None:
    assert PACKAGE["version"] == __version__


def test_its_packages_come_from_whichever_registry_the_user_has() -> None:
    assert '"resolved"' not in (EXTENSION / "package-lock.json").read_text(encoding="utf-8")
