"""The documents of a manifest and of its folder: Services, ConfigMaps and runtimes that its workloads name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from dtlint.run.files import Files
from dtlint.run.settings import value_of
from dtlint.value import Items, Value

MOST_FILES: Final = 200
"""Files of a folder that are looked at: one with more is no manifest of one job."""


def documents(path: str, files: Files) -> tuple[Value, ...]:
    """The documents of one file; those in a `List` one by one."""
    document = files.document(path)
    found: list[Value] = []
    for root in document.roots if document is not None else ():
        record = value_of(root)
        inside = record.field("items").content
        found += inside.items if record.field("kind").string == "List" and isinstance(inside, Items) else (record,)
    return tuple(found)


def beside(path: str, files: Files) -> tuple[Value, ...]:
    """The documents of the other manifests in the folder; none where there are too many."""
    others = [
        other for other in files.listing(posixpath.dirname(path)) if other != path and other.endswith((".yaml", ".yml"))
    ]
    if len(others) > MOST_FILES:
        return ()
    return tuple(
        record
        for other in others
        for record in documents(other, files)
        if not record.field("kind").is_absent or posixpath.basename(other).startswith("kustomization.")
    )


def called(records: tuple[Value, ...], kind: str, name: Value) -> Value | None:
    """The one document of a kind with this name."""
    found = [one for one in of_kind(records, kind) if (one.field("metadata").field("name") == name).always]
    return found[0] if len(found) == 1 else None


def of_kind(records: tuple[Value, ...], *kinds: str) -> Iterator[Value]:
    return (one for one in records if one.field("kind").string in kinds)
