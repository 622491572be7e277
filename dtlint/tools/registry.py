"""Which tool a command is: every module of this folder that has COMMANDS, MODULES and `spawn` is one."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from typing import Protocol, cast

from dtlint.job.launch import Launch
from dtlint.job.site import Site
from dtlint.run.word import Exec, Word


class Tool(Protocol):
    COMMANDS: frozenset[str]
    """Names of programs."""
    MODULES: frozenset[str]
    """Python modules behind `python -m`."""

    def spawn(self, exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
        """The launch that `command` (a name of the above) with `words` behind it makes; None if it starts nothing."""
        ...


@functools.cache
def tools() -> Mapping[str, Tool]:
    """Tools by the names of their commands and modules."""
    import dtlint.tools as package

    found: dict[str, Tool] = {}
    for entry in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{entry.name}")
        if hasattr(module, "spawn") and hasattr(module, "COMMANDS"):
            tool = cast(Tool, module)
            found.update(dict.fromkeys((*tool.COMMANDS, *tool.MODULES), tool))
    return found


def find(command: str | None) -> Tool | None:
    return tools().get(command) if command is not None else None
