"""Slurm's host lists: `gpu[01-03,7],login`."""

from __future__ import annotations

import re

_ITEM = re.compile(r"([^,\[\]]+)(?:\[([0-9,-]+)\])?([^,\[\]]*)(?:,|\Z)")
MOST_HOSTS = 20_000


def hosts_of(text: str) -> tuple[str, ...] | None:
    """The names in order; None for what is no host list, or one with more than one bracket in a name."""
    names: list[str] = []
    at = 0
    while at < len(text):
        found = _ITEM.match(text, at)
        if not found:
            return None
        prefix, ranges, suffix = found.groups()
        if ranges is None:
            names.append(prefix + suffix)
        else:
            for piece in ranges.split(","):
                first, _, last = piece.partition("-")
                if not first.isdigit() or (last and not last.isdigit()):
                    return None
                if int(last or first) - int(first) > MOST_HOSTS:
                    return None
                names.extend(
                    f"{prefix}{str(number).zfill(len(first))}{suffix}"
                    for number in range(int(first), int(last or first) + 1)
                )
        if len(names) > MOST_HOSTS:
            return None
        at = found.end()
    return tuple(names)
