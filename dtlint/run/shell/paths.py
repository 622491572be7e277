"""Paths from the workspace root, as far as they are known."""

from __future__ import annotations

import posixpath

from dtlint.value import Value, known


def joined_path(directory: Value, path: Value) -> Value:
    """`path` seen from the workspace root; as it is where it or the directory is not known."""
    name, base = path.string, directory.string
    if name is None or base is None or not name:
        return path
    if name.startswith(("/", "~")):
        return known(posixpath.normpath(name)).after(path.trail)
    return known(posixpath.normpath(posixpath.join(base, name))).after(path.trail)
