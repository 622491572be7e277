"""Names that are meant where another one is written: a slip of the hand apart."""

from __future__ import annotations

from collections.abc import Iterable


def meant(name: str, known: Iterable[str]) -> str | None:
    """The one known name from which `name` differs by a letter, by two letters changed over, or by underscores; None
    where it is known itself, and where none or several are near."""
    names = frozenset(known)
    if name in names:
        return None
    plain = name.replace("_", "")
    near = [each for each in sorted(names) if _near(plain, each.replace("_", ""))]
    return near[0] if len(near) == 1 else None


def _near(left: str, right: str) -> bool:
    if len(left) == len(right):
        apart = [i for i, (one, other) in enumerate(zip(left, right, strict=True)) if one != other]
        changed_over = len(apart) == 2 and left[apart[0]] == right[apart[1]] and left[apart[1]] == right[apart[0]]
        return len(apart) <= 1 or changed_over
    if len(left) > len(right):
        left, right = right, left
    return len(right) - len(left) == 1 and any(right[:i] + right[i + 1 :] == left for i in range(len(right)))
