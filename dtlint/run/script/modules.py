"""Which file an import means: the folders that Python would search, in the workspace only."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from typing import Final

from dtlint.run.effects import TABLE
from dtlint.run.files import Files
from dtlint.run.script.objects import ModuleObject

LOADED: Final = 400
"""Modules that one run reads; those behind are as if they stood outside the workspace."""

_STIRS: Final = re.compile(
    r"environ|distributed|set_device|device_count|deepspeed|accelerat|horovod|\bhvd\b|lightning|init_process_group"
    r"|\bargv\b|ArgumentParser|add_argument|sys\.path|multiprocessing|manual_seed|\bjax\b|\btensorflow\b|strategy|subprocess",
)
_STARTS_CUDA: Final = re.compile(r"^(?!def |class |import |from )\w.*\bcuda\b", re.MULTILINE)
"""A statement outside of functions and classes that may put CUDA to work, or ask for what it finds."""


_INSTALLED: Final = frozenset(("torch", "tensorflow", "keras", "jax", "flax", "mxnet", "horovod", "deepspeed", "ray"))
"""Packages that a folder without `__init__.py` does not stand for: Python takes the installed one."""
_KNOWN: Final = TABLE.packages | {"datasets", "wandb", "apex", "timm", "torchvision", "peft", "trl", "fairscale"}

_DESCRIBED: Final = frozenset(row.name.partition(".")[0] for row in TABLE)
"""Packages of whose calls the table of effects says what they do.  In their own repositories that holds as well, and
says more than thousands of lines of theirs."""


class Modules:
    """All modules of one run, by path."""

    def __init__(self, files: Files, script: str, directory: str | None, as_module: str) -> None:
        self._files = files
        self._known: dict[str, ModuleObject] = {}
        self._found: dict[tuple[str, str], ModuleObject | None] = {}
        folder = posixpath.dirname(script)
        roots: list[str] = []
        if as_module:
            # `python -m a.b`: the folder that holds package `a`, which is the working directory.
            roots.append(_up(script, as_module.count(".") + 1))
        else:
            roots.append(folder)
        if directory is not None and not directory.startswith("/"):
            roots.append("" if directory in (".", "") else posixpath.normpath(directory))
        top = folder
        while top and files.exists(posixpath.join(top, "__init__.py")):
            top = posixpath.dirname(top)
        roots += [top, "", "src"]
        above = posixpath.dirname(folder)
        roots += [above] if above else []
        self.roots = list(dict.fromkeys(roots))
        self._folder = folder

    def add_root(self, path: str, first: bool) -> None:
        """`sys.path.insert` and `append`."""
        cleaned = posixpath.normpath(path)
        if cleaned.startswith(("/", "..")):
            return
        cleaned = "" if cleaned == "." else cleaned
        if cleaned in self.roots:
            self.roots.remove(cleaned)
        self.roots.insert(0 if first else len(self.roots), cleaned)
        self._found.clear()

    @property
    def count(self) -> int:
        return len(self._known)

    def at(self, path: str, name: str) -> ModuleObject:
        if path not in self._known:
            self._known[path] = ModuleObject(name, path)
        return self._known[path]

    def absolute(self, name: str) -> ModuleObject | None:
        """The workspace module `name`; None if it stands outside."""
        key = ("", name)
        if key not in self._found:
            self._found[key] = None
            top = name.partition(".")[0]
            for root in self.roots:
                own = top in _DESCRIBED and self._files.exists(posixpath.join(root, top, "__init__.py"))
                found = None if own else self._in(root, name.split("."), name)
                if own or found is not None:
                    break
            else:
                found = self._by_own_name(name)
            self._found[key] = found
        return self._found[key]

    def _by_own_name(self, name: str) -> ModuleObject | None:
        """`a.b` for a script in a folder `a`: it was meant to be run from where `a` lies, though `a` is no package.

        Python finds an installed package of that name first.
        """
        first, dot, _ = name.partition(".")
        parts = self._folder.split("/")
        if not dot or first not in parts or first in _INSTALLED or first in _KNOWN:
            return None
        above = "/".join(parts[: parts.index(first)])
        return self._in(above, name.split("."), name) if above else None

    def relative(self, beside: str, level: int, name: str) -> ModuleObject | None:
        """`from ..name import`, written in the file `beside`."""
        folder = posixpath.dirname(beside)
        for _ in range(level - 1):
            folder = posixpath.dirname(folder)
        key = (folder or ".", name)
        if key not in self._found:
            dotted = ".".join(part for part in (folder.replace("/", "."), name) if part)
            if name:
                self._found[key] = self._in(folder, name.split("."), dotted)
            else:
                self._found[key] = self._package(folder, dotted or "package")
        return self._found[key]

    def _in(self, root: str, parts: list[str], name: str) -> ModuleObject | None:
        base = posixpath.join(root, *parts)
        if self._files.exists(base + ".py") and not self._files.is_directory(base + ".py"):
            return self.at(base + ".py", name)
        return self._package(base, name)

    def _package(self, base: str, name: str) -> ModuleObject | None:
        initial = posixpath.join(base, "__init__.py")
        if self._files.exists(initial):
            return self.at(initial, name)
        # A folder without __init__ is a package too, unless an installed one has its name: require Python files in it.
        if name in _INSTALLED:
            return None
        if base and self._files.is_directory(base) and any(path.endswith(".py") for path in self._files.listing(base)):
            return self.at(initial, name)
        return None

    def inside(self, module: ModuleObject, name: str) -> ModuleObject | None:
        """The submodule `name` of a package."""
        folder, _, file = module.path.rpartition("/")
        if file != "__init__.py":
            return None
        key = (folder or ".", name)
        if key not in self._found:
            self._found[key] = self._in(folder, [name], f"{module.name}.{name}")
        return self._found[key]

    def stirs(self, module: ModuleObject) -> bool:
        """Whether running it may do something that matters before any of its names is used."""
        source = self._files.source(module.path)
        return source is not None and _stirs(source.text)


@lru_cache(maxsize=4096)
def _stirs(text: str) -> bool:
    return _STIRS.search(text) is not None or _STARTS_CUDA.search(text) is not None


def _up(path: str, levels: int) -> str:
    for _ in range(levels):
        path = posixpath.dirname(path)
    return path
