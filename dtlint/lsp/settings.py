"""What a user sets for the language server, under `dtlint` in the editor's settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dtlint.diagnostic import Severity
from dtlint.record import record


@record
class Settings:
    """What holds where the user sets nothing."""

    trust: bool | tuple[str, ...] = False
    """Whether Python of a site's own rules may run: everywhere, nowhere, or in these folders."""
    lowest: Severity = Severity.WARNING
    """The lowest severity to show."""
    code_lens: bool = True
    inlay_hints: bool = False

    def trusts(self, root: Path) -> bool:
        if isinstance(self.trust, bool):
            return self.trust
        return any(root.is_relative_to(os.path.realpath(os.path.expanduser(folder))) for folder in self.trust)


def settings_of(given: Any) -> Settings:
    """From what a client sends, with or without the name of the section around it; what does not fit is left out."""
    if isinstance(given, Mapping) and isinstance(given.get("dtlint"), Mapping):
        given = given["dtlint"]
    if not isinstance(given, Mapping):
        return Settings()
    found = Settings()
    trust = given.get("trust")
    if isinstance(trust, bool):
        found = replace(found, trust=trust)
    elif isinstance(trust, list) and all(isinstance(folder, str) for folder in trust):
        found = replace(found, trust=tuple(trust))
    if given.get("severity") in [severity.value for severity in Severity]:
        found = replace(found, lowest=Severity(given["severity"]))
    if isinstance(given.get("codeLens"), bool):
        found = replace(found, code_lens=given["codeLens"])
    if isinstance(given.get("inlayHints"), bool):
        found = replace(found, inlay_hints=given["inlayHints"])
    return found
