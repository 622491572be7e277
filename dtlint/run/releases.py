"""Which release of a package a script runs with, as far as the files around it pin it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

from dtlint.facts.pins import Pin
from dtlint.read.kinds import has_pins
from dtlint.run.files import Files
from dtlint.value import How, Step, Value, absent, known, unknown

_LEAST: Final = re.compile(r"\s*>=?\s*[\w.]+\s*")
_FROM: Final = re.compile(r"(?:^|,)(?:={1,3}|>=?|~=?|\^)v?(\d+(?:\.\d+)*)")
"""The clauses of a specifier that no older release fits."""
_MINOR: Final = re.compile(r"(\d+)\.(\d+)")
_OLD: Final = re.compile(r"torch\b[^\n]{0,25}?[^\w.](?:[01]\.\d+|1\.x)\b", re.IGNORECASE)
"""Words that name a release of PyTorch before 2.0."""


def release(files: Files, package: str, path: str) -> Value:
    """The release of `package` (as on PyPI) that the script at `path` runs with.

    Absent where nothing pins it, or only from below: then the current one runs (presumption 4).  The nearest folder
    above the script that pins it decides; unknown where its files allow several older releases or disagree, and where
    none of them says it, but a document there names a PyTorch before 2.0.
    """
    pinned = absent()
    for folder in _folders(path):
        found = list(_pins(files, folder, package))
        if found:
            pinned = _agreed(found, package)
            break
    if not pinned.is_absent or package != "torch":
        return pinned
    told = old_by_documents(files, _folders(path))
    return pinned if told.is_absent else told


def minor(release: Value) -> tuple[int, int] | None:
    """The first two numbers of a release that is known: (2, 4) for `2.4.1`."""
    found = _MINOR.match(release.string or "")
    return (int(found[1]), int(found[2])) if found is not None else None


def at_least(release: Value, wanted: tuple[int, int]) -> bool:
    """It surely is no older than `wanted`: the current one, where nothing pins it, or such a one."""
    numbers = minor(release)
    return release.is_absent or (numbers is not None and numbers >= wanted)


def least(files: Files, packages: Iterable[str], path: str) -> Value:
    """The lowest release of any of `packages` that the nearest pins above the script at `path` allow; absent where one
    of them allows any older one, or nothing pins them."""
    for folder in _folders(path):
        found = [pin for package in packages for pin in _pins(files, folder, package)]
        if found:
            bounds = [max((_numbers(bound) for bound in _FROM.findall(pin.specifier)), default=()) for pin in found]
            first, pin = min(zip(bounds, found, strict=True), key=lambda each: each[0])
            step = Step(How.WRITTEN, f"{pin.name}{pin.specifier}", pin.at)
            return known(".".join(map(str, first)), step) if first else absent(step)
    return absent()


def _numbers(written: str) -> tuple[int, ...]:
    return tuple(int(part) for part in written.split("."))


def old_by_documents(files: Files, folders: Iterable[str]) -> Value:
    """The release of PyTorch where a document in one of `folders` names one before 2.0: unknown, since its readers may
    well have that one; absent where none does."""
    for folder in folders:
        for path in files.listing(folder or "."):
            source = files.source(path) if path.lower().endswith((".md", ".rst")) else None
            if source is not None and _OLD.search(source.text) is not None:
                return unknown("the release of torch", key=("release", "torch", path))
    return absent()


def _folders(path: str) -> Iterator[str]:
    """The folder of a file and those above it, up to the workspace, which is empty."""
    while path:
        path = posixpath.dirname(path)
        yield path


def _pins(files: Files, folder: str, package: str) -> Iterator[Pin]:
    for path in files.listing(folder or "."):
        if has_pins(path):
            yield from (pin for pin in files.pins(path) if pin.name == package)


def _agreed(found: list[Pin], package: str) -> Value:
    first = found[0]
    step = Step(How.WRITTEN, f"{package}{first.specifier}", first.at)
    exact = {pin.exact for pin in found}
    if len(exact) == 1 and first.exact is not None:
        return known(first.exact, step)
    if all(pin.exact is None and _LEAST.fullmatch(pin.specifier or ">=0") for pin in found):
        return absent(step)
    return unknown(f"the release of {package}", key=("release", package, first.at), trail=(step,))
