"""Names for findings that outlive edits elsewhere in the file: for baselines and for the memory of CI systems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import blake2b

from dtlint.diagnostic import Diagnostic
from dtlint.source import Source


def fingerprints(
    diagnostics: Iterable[Diagnostic], sources: Callable[[str], Source | None]
) -> list[tuple[Diagnostic, str]]:
    """Each diagnostic with a text of 16 hexadecimal digits, in the order given.

    It is made of the source line, white space aside, and a count among equal lines of the file for the same rule:
    neither line numbers nor the wording of messages matter.  It is unique together with rule and path.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    named: list[tuple[Diagnostic, str]] = []
    for diagnostic in diagnostics:
        source = sources(diagnostic.at.path)
        line = source.line(source.position(diagnostic.at.start).line) if source else ""
        content = " ".join(line.split())
        key = (diagnostic.rule, diagnostic.at.path, content)
        seen[key] += 1
        text = f"{content}\0{seen[key]}".encode("utf-8", "surrogateescape")
        named.append((diagnostic, blake2b(text, digest_size=8).hexdigest()))
    return named
