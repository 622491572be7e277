"""From the addresses of a client to paths, and back."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

_DRIVE: Final = re.compile(r"/[A-Za-z]:")


def path_of(uri: str) -> Path | None:
    """The file that a URI names, with the links above it resolved; None where it names no file."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file" or not parts.path.startswith("/"):
        return None
    name = os.fsdecode(unquote_to_bytes(parts.path.encode("utf-8", "surrogatepass")))
    if "\0" in name:
        return None
    if os.name == "nt" and _DRIVE.match(name):
        name = name[1:]
    path = Path(name)
    try:
        return Path(os.path.realpath(path.parent), path.name)
    except (OSError, ValueError):
        return None


def uri_of(path: Path) -> str:
    return path.as_uri()
