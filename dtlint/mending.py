"""Making fixes: which of them go together, round after round until nothing is left to make, and writing them down."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from dtlint.diagnostic import Diagnostic
from dtlint.fix import Edit, apply, collides, digest
from dtlint.mend import Sources
from dtlint.outcome import Report
from dtlint.record import record
from dtlint.workspace import Workspace

MOST_ROUNDS: Final = 20
"""Fixes that wake each other would go on for ever."""


@record
class Refused:
    """A fix that was not made, and why."""

    diagnostic: Diagnostic
    why: str


@record
class Round:
    """What one round over the findings comes to."""

    texts: Mapping[str, str]
    """The changed texts by path."""
    made: tuple[Diagnostic, ...]
    refused: tuple[Refused, ...]


@record
class Mended:
    """What all rounds come to."""

    texts: Mapping[str, str]
    """The new texts of the files that change, by path from the workspace's root."""
    made: tuple[Diagnostic, ...]
    refused: tuple[Refused, ...]
    report: Report
    """On the workspace as it then is."""


def one_round(found: Iterable[Diagnostic], sources: Sources, unsafe: bool) -> Round:
    """Make all fixes that can be made at once: safe ones, and with `unsafe` the others.

    One that is made for another text than the present one is refused, and one that overlaps an earlier one.
    """
    accepted: dict[str, list[Edit]] = {}
    made: list[Diagnostic] = []
    refused: list[Refused] = []

    def present(path: str) -> str | None:
        source = sources(path)
        return None if source is None else digest(source.text)

    for diagnostic in found:
        fix = diagnostic.fix
        if fix is None or not (fix.safe or unsafe):
            continue
        if fix.stale(present):
            refused.append(Refused(diagnostic, "the file has changed since it was judged"))
        elif any(collides(edit, accepted.get(edit.at.path, ())) for edit in fix.edits):
            refused.append(Refused(diagnostic, "it overlaps another fix"))
        else:
            made.append(diagnostic)
            for edit in fix.edits:
                accepted.setdefault(edit.at.path, []).append(edit)
    texts: dict[str, str] = {}
    for path, edits in accepted.items():
        source = sources(path)
        assert source is not None  # else its fixes were stale
        texts[path] = apply(source.text, edits)
    return Round(texts, tuple(made), tuple(refused))


def mend(
    lint: Callable[[Mapping[str, str]], Report], wanted: Callable[[Report], Iterable[Diagnostic]], unsafe: bool
) -> Mended:
    """Lint and make fixes until there is nothing left to make; `lint` takes the texts that have changed so far."""
    texts: dict[str, str] = {}
    made: list[Diagnostic] = []
    report = lint(texts)
    for _ in range(MOST_ROUNDS):
        done = one_round(wanted(report), report.sources, unsafe)
        if not done.made:
            return Mended(texts, tuple(made), done.refused, report)
        texts |= done.texts
        made += done.made
        report = lint(texts)
    left = one_round(wanted(report), report.sources, unsafe).made
    return Mended(texts, tuple(made), tuple(Refused(each, "fixes wake each other") for each in left), report)


class UnwritableError(Exception):
    """A file that cannot be written back; nothing was changed in it."""


def write(root: Path, texts: Mapping[str, str], before: Sources) -> None:
    """Write the texts in the encodings of their files; raises `UnwritableError`, before any file has changed where the
    reason is a character that an encoding does not have, or a text that is not the one of `before` any more."""
    fresh = Workspace(root)
    contents: dict[str, bytes] = {}
    for path, text in texts.items():
        decoded, judged = fresh.decoded(path), before(path)
        if decoded is None or decoded.source is None or judged is None or decoded.source.text != judged.text:
            raise UnwritableError(f"{path} has changed since it was judged")
        if decoded.problems:
            raise UnwritableError(f"{path}: {decoded.problems[0].message}")
        try:
            contents[path] = decoded.encode(text)
        except UnicodeEncodeError as fault:
            raise UnwritableError(f"{path}: {fault.encoding} has no {fault.object[fault.start]!r}") from fault
    for path, content in contents.items():
        _replace(root / path, content)


def _replace(path: Path, content: bytes) -> None:
    """All of the file or nothing; links stay links, and permissions what they were."""
    place = path.resolve()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.chmod(name, place.stat().st_mode & 0o7777)
            os.replace(name, place)
        except BaseException:
            Path(name).unlink(missing_ok=True)  # an interrupt may come when it is in place already
            raise
    except OSError as fault:
        raise UnwritableError(f"{path} cannot be written: {fault.strerror}") from fault


def diff(texts: Mapping[str, str], before: Sources, name: Callable[[str], str]) -> Iterator[str]:
    """Unified diffs, as `git apply` and `patch -p1` take them."""
    for path, text in sorted(texts.items()):
        source = before(path)
        old = source.text if source is not None else ""
        shown = name(path)
        for line in difflib.unified_diff(_lines(old), _lines(text), f"a/{shown}", f"b/{shown}"):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """As Git sees them: only a line feed ends one."""
    *ended, rest = text.split("\n")
    return [f"{line}\n" for line in ended] + ([rest] if rest else [])
