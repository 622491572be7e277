"""Which release of a package a script runs with, as far as the files around it pin it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from dtlint.facts.pins import Pin
from dtlint.read.kinds import has_pins
from dtlint.run.files import Files
from dtlint.value import How, Step, Value, absent, known, unknown

_LEAST: Final = re.compile(r"\s*>=?\s*[\w.]+\s*")


def release(files: Files, package: str, path: str) -> Value:
    """The release of `package` (as on PyPI) that the script at `path` runs with.

    Absent where nothing pins it, or only from below: then the current one runs (presumption 4).  The nearest folder
    above the script that pins it decides; unknown where its files allow several older releases or disagree.
    """
    folder = posixpath.dirname(path)
    while True:
        found = list(_pins(files, folder, package))
        if found:
            return _agreed(found, package)
        if not folder:
            return absent()
        folder = posixpath.dirname(folder)


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
