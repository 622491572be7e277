"""What is worth keeping between two runs, in the user's cache folder.

Facts are not: to unpickle them takes as long as to read the file again (measured on two large repositories, loading
against reading: Python 0.7 s and 0.7 s for 250 scripts, shell 0.3 s and 0.2 s for 300, YAML 0.3 s and 0.5 s for 400),
and for the same reason it does not pay to read files in other processes.  What pays is the text screen of Python files.

A cache never fails: what cannot be read or written, or was damaged, is as if it were not there.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

LARGEST: Final = 64_000_000
"""Bytes that all entries may have together; beyond, those not used for the longest time go."""

_PRUNE_EVERY: Final = 24 * 3600
"""Seconds between two looks at the size."""

_DIGEST: Final = 32


def folder() -> Path:
    """`$XDG_CACHE_HOME/dtlint`, or `~/.cache/dtlint`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return Path(base if os.path.isabs(base) else os.path.expanduser("~/.cache")) / "dtlint"


def key_of(*parts: str | bytes) -> str:
    """One name for several texts, different for different ones."""
    digest = blake2b(digest_size=16)
    for part in parts:
        content = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()


class Cache:
    """Entries by key; safe with several writers, since each entry is put in place at once."""

    def __init__(self, at: Path | None = None, largest: int = LARGEST) -> None:
        self.at = folder() if at is None else at
        self.largest = largest

    def get(self, key: str) -> bytes | None:
        """The content that was put last; None if there is none, or if it is damaged."""
        file = self._file(key)
        try:
            content = file.read_bytes()
            os.utime(file)
        except OSError:
            return None
        digest, body = content[:_DIGEST], content[_DIGEST:]
        return body if digest == _checksum(body) else None

    def put(self, key: str, content: bytes) -> None:
        file = self._file(key)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
            try:
                with os.fdopen(descriptor, "wb") as new:
                    new.write(_checksum(content) + content)
                os.replace(name, file)
            except BaseException:
                Path(name).unlink(missing_ok=True)  # an interrupt may come when it is in place already
                raise
            self._prune()
        except OSError:
            return

    def get_json(self, key: str) -> Any:
        """None also for an entry that holds something else."""
        content = self.get(key)
        try:
            return None if content is None else json.loads(content)
        except (ValueError, RecursionError):
            return None

    def put_json(self, key: str, value: Any) -> None:
        self.put(key, json.dumps(value, separators=(",", ":")).encode())

    def _file(self, key: str) -> Path:
        return self.at / key[:2] / key[2:]

    def _prune(self) -> None:
        """Now and then, takes the oldest entries away until the rest fills half of what is allowed."""
        stamp = self.at / "pruned"
        try:
            if time.time() - stamp.stat().st_mtime < _PRUNE_EVERY:
                return
        except FileNotFoundError:
            pass
        stamp.touch()
        entries = []
        for file in self.at.glob("??/*"):
            status = file.stat()
            entries.append((status.st_mtime, status.st_size, file))
        total = sum(size for _, size, _ in entries)
        if total <= self.largest:
            return
        for _, size, file in sorted(entries):
            if total <= self.largest // 2:
                break
            file.unlink(missing_ok=True)
            total -= size


def _checksum(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST).digest()


_FRESH: Final = 2_000_000_000
"""Nanoseconds: a file that was changed so shortly ago may change again without another time stamp."""


class Screen:
    """Which Python files of a workspace mention distributed training, by their time stamps."""

    def __init__(self, cache: Cache, root: Path, version: str) -> None:
        """`version` names the screen: with another one, all is forgotten."""
        self.cache = cache
        self.key = key_of("screen", version, os.fspath(root))
        found = cache.get_json(self.key)
        self._known: dict[str, list[int]] = found if isinstance(found, dict) else {}
        self._kept: dict[str, list[int]] = {}
        self._changed = False

    def get(self, path: str, status: os.stat_result) -> bool | None:
        """What was found when the file had this size, time and inode; None if it did not."""
        entry = self._known.get(path)
        if entry is None or entry[:3] != [status.st_size, status.st_mtime_ns, status.st_ino]:
            return None
        self._kept[path] = entry
        return bool(entry[3])

    def put(self, path: str, status: os.stat_result, mentions: bool) -> None:
        if time.time_ns() - status.st_mtime_ns > _FRESH:
            self._kept[path] = [status.st_size, status.st_mtime_ns, status.st_ino, int(mentions)]
            self._changed = True

    def save(self) -> None:
        """Writes what this run asked for, if anything in it is new."""
        if self._changed:
            self.cache.put_json(self.key, self._kept)
            self._changed = False
