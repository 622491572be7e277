"""Which modules of the workspace a script imports, directly or through others, by the text of its imports alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.run.files import Files
from dtlint.run.script.modules import Modules
from dtlint.source import Source

_DEPTH: Final = 3
"""Imports behind each other that are followed: `train.py` asks `engine.py`, and that `engine/comm.py`."""
_MOST: Final = 60
"""Modules that are looked into for one script."""

_IMPORT: Final = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<dots>\.*)(?P<base>[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#]*)"
    r"|import[ \t]+(?P<modules>[\w., \t]+))",
    re.MULTILINE,
)


def imported(path: str, files: Files) -> Iterator[Source]:
    """The texts of these modules, nearest first; some may never be run."""
    modules = Modules(files, path, ".", "")
    seen, level = {path}, [path]
    for _ in range(_DEPTH):
        following: list[str] = []
        for one in level:
            source = files.source(one)
            for found in _imports(one, source.text if source is not None else "", modules):
                read = files.source(found) if found not in seen and len(seen) <= _MOST else None
                seen.add(found)
                if read is not None:
                    yield read
                    following.append(found)
        level = following


def _imports(path: str, text: str, modules: Modules) -> list[str]:
    """Paths of the workspace's modules that the text imports."""
    found: list[str] = []
    for match in _IMPORT.finditer(text):
        if match["modules"] is not None:
            wanted = [part.split()[0] for part in match["modules"].split(",") if part.split()]
            found += [module.path for name in wanted if (module := modules.absolute(name)) is not None]
            continue
        dots, base = match["dots"], match["base"]
        module = modules.relative(path, len(dots), base) if dots else modules.absolute(base)
        if module is None:
            continue
        found.append(module.path)
        names = [part.split()[0] for part in match["names"].strip("()").split(",") if part.split()]
        found += [inner.path for name in names if (inner := modules.inside(module, name)) is not None]
    return found
