"""Which files git ignores: `.gitignore` files where they stand, and `.git/info/exclude`."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


WORTH_IT: Final = 200
"""Questions after which one large expression has cost less than many small ones."""


@dataclass(slots=True)
class Patterns:
    """Patterns as in a `.gitignore` that stands in the folder `base`."""

    base: str
    """From the workspace root; empty for the root itself or a folder above."""
    spec: GitIgnoreSpec
    outer: str = ""
    """The root from the folder of the file where that stands above the root, with a slash behind it."""
    _asked: int = 0
    _any_of: re.Pattern[str] | None = None
    """What it does not match, no pattern matches; and most files match none."""

    def verdict(self, path: str) -> bool | None:
        """True if `path` (with a slash behind it for a folder) matches, False where a `!` pattern lets it in."""
        path = self.outer + path.removeprefix(f"{self.base}/" if self.base else "")
        if not path:
            return None  # the folder of the file itself
        self._asked += 1
        if self._asked == WORTH_IT:
            self._any_of = _together(self.spec)
        if self._any_of is not None and self._any_of.match(path) is None:
            return None
        return self.spec.check_file(path).include


def patterns(base: str, lines: Iterable[str], outer: str = "") -> Patterns | None:
    """None for no pattern at all; a line that is no valid pattern is left out, as git does."""
    kept = [line for line in (line.rstrip("\r\n") for line in lines) if line.strip() and not line.startswith("#")]
    if not kept:
        return None
    # Imported here, since most of the time of a small check would go into it.
    from pathspec import GitIgnoreSpec

    try:
        spec = GitIgnoreSpec.from_lines(kept)
    except ValueError:
        spec = GitIgnoreSpec.from_lines(filter(_valid, kept))
    return Patterns(base, spec, outer)


def ignored(path: str, chain: tuple[Patterns, ...]) -> bool:
    """Whether the nearest file that has an opinion ignores `path`; the chain goes from the root downwards."""
    for part in reversed(chain):
        verdict = part.verdict(path)
        if verdict is not None:
            return verdict
    return False


def read_patterns(file: Path, base: str, outer: str = "") -> Patterns | None:
    try:
        content = file.read_bytes()
    except OSError:
        return None
    return patterns(base, content.decode("utf-8", "surrogateescape").splitlines(), outer)


def above(root: Path) -> tuple[Patterns, ...]:
    """The patterns that hold for `root` from outside of it: those of the repository around it."""
    chain: list[Patterns | None] = []
    folder = root
    while not os.path.exists(folder / ".git"):
        if folder.parent == folder:
            return ()
        folder = folder.parent
        chain.append(read_patterns(folder / ".gitignore", "", outer(root, folder)))
    chain.append(read_patterns(folder / ".git" / "info" / "exclude", "", outer(root, folder)))
    return tuple(found for found in reversed(chain) if found is not None)


def outer(root: Path, folder: Path) -> str:
    """`root` from `folder`, which is it or stands above it, as a prefix of paths."""
    relative = root.relative_to(folder).as_posix()
    return "" if relative == "." else f"{relative}/"


def _together(spec: GitIgnoreSpec) -> re.Pattern[str] | None:
    expressions = [pattern.regex for pattern in spec.patterns if pattern.include is not None]
    written = [expression.pattern for expression in expressions if isinstance(expression, re.Pattern)]
    if len(written) < len(expressions):
        return None
    # Group names would clash; and pathspec searches, which costs more than to match from the start.
    nameless = (re.sub(r"\(\?P<\w+>", "(?:", one) for one in written)
    joined = "|".join(one if one.startswith("^") else rf"[\s\S]*?(?:{one})" for one in nameless)
    with warnings.catch_warnings():
        # `[[` in somebody's pattern means a bracket, whatever Python may take it for one day.
        warnings.simplefilter("ignore", FutureWarning)
        return re.compile(joined) if written else None


def _valid(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
