"""SSH servers by which a launcher reaches its hosts, and the ports that commands name."""

from __future__ import annotations

import re
from typing import Final

from dtlint.record import record
from dtlint.source import Span

_PORT: Final = re.compile(r"(?<!\S)-(?:p\s*|o\s*[\"']?Port[ =])(\d{1,5})(?!\w)")


@record
class Served:
    """A port at which an SSH server is started for a launcher to reach its hosts by."""

    port: int
    at: Span


def named_port(arguments: str) -> re.Match[str] | None:
    """Where arguments of `ssh` or `sshd` name their port, the first group; None where they name none, or several."""
    found = list(_PORT.finditer(arguments))
    return found[0] if len(found) == 1 else None
