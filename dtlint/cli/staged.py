"""What git knows of the changed files: which are staged, with which text, and which are gone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path

import click

from dtlint.record import record

LARGEST = 2_000_000
"""Bytes of a removed file whose text is asked for."""


@record
class Changed:
    """Changed files, as paths from the current folder; those outside of it are left out."""

    focus: tuple[str, ...]
    """What is there."""
    removed: Mapping[str, str] = field(default_factory=dict)
    """The text, before the change, of what is no longer there."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Of what is removed, where it is now."""
    overlay: Mapping[str, str] = field(default_factory=dict)
    """The staged text of files that are otherwise on disk."""


def changed_files(paths: Sequence[str], on_disk: bool = False, since: str | None = None) -> Changed:
    """The changed files that somebody names; without any, those that are staged, or have changed `since` a commit.

    Raises `click.UsageError` for a commit that git does not know.

    Where they are staged, the staged texts count and not those on disk (unless `on_disk`).  pre-commit, which says so
    in the environment, has put the disk into the state that it wants to be judged.  What is removed is asked of git,
    since nobody names it: pre-commit leaves deleted files out.
    """
    git = _Git.here()
    if git is None:
        if since is not None:
            raise click.UsageError("--since needs a git repository around the current folder")
        if not paths and any((folder / ".git").exists() for folder in (Path.cwd(), *Path.cwd().parents)):
            # Such as a repository that belongs to somebody else: to say nothing would look like success.
            raise click.UsageError("git does not say what is staged here; `git status` tells why")
        return Changed(tuple(paths))
    before, staging, pairs = git.changes(since)
    on_disk = on_disk or not staging or "PRE_COMMIT" in os.environ
    removed = {old: new for old, new in pairs if old is not None}
    staged = {new for _, new in pairs if new is not None}
    for path in paths:
        kept = os.path.lexists(path) or path in removed or (not on_disk and os.path.normpath(path) in staged)
        if not kept and git.text("HEAD", path) is not None:
            removed[path] = None
    focus = tuple(path for path in (paths or sorted(staged)) if path not in removed or os.path.lexists(path))
    overlay = {} if on_disk or staged.isdisjoint(map(os.path.normpath, focus)) else dict(git.unlike_disk())
    texts = {path: git.text(before, path) for path in removed if not os.path.lexists(path)}
    return Changed(
        tuple(path for path in focus if os.path.lexists(path) or path in overlay or path in paths),
        {path: text for path, text in texts.items() if text is not None},
        {old: new for old, new in removed.items() if new is not None},
        overlay,
    )


@record
class _Git:
    prefix: str
    """The current folder from the top of the repository, with a slash behind it; empty at the top."""

    @staticmethod
    def here() -> _Git | None:
        """None outside of a repository, and where there is no git."""
        prefix = _output("rev-parse", "--show-prefix")
        return None if prefix is None else _Git(os.fsdecode(prefix.rstrip(b"\n")))

    def changes(self, since: str | None) -> tuple[str, bool, list[tuple[str | None, str | None]]]:
        """The commit before, whether what is staged comes after it, and each change as the path before and after."""
        asked: tuple[str, ...] = ("--cached",)
        hooked = [os.environ.get(f"PRE_COMMIT_{side}_REF", "") for side in ("FROM", "TO")]
        before = "HEAD"
        if since is not None or all(hooked):
            parted = (since, "HEAD") if since is not None else hooked
            base = _output("merge-base", *parted, "--")
            if base is None and since is not None:
                raise click.UsageError(f"git finds nothing that {since} and HEAD have in common")
            before = parted[0] if base is None else base.decode().strip()
            asked = (before,) if since is not None else (before, hooked[1])
        listed = _output("diff", "--name-status", "--find-renames", "--no-ext-diff", "-z", *asked, "--")
        return before, asked == ("--cached",), list(self._pairs(listed or b""))

    def _pairs(self, listed: bytes) -> Iterator[tuple[str | None, str | None]]:
        fields = iter(os.fsdecode(listed).split("\0"))
        for status in fields:
            if status[:1] in ("R", "C"):
                old, new = self._from_here(next(fields)), self._from_here(next(fields))
                yield (old if status[0] == "R" else None), new
            elif status:
                path = self._from_here(next(fields))
                yield (path, None) if status == "D" else (None, path)

    def _from_here(self, path: str) -> str | None:
        return path[len(self.prefix) :] if path.startswith(self.prefix) else None

    def unlike_disk(self) -> Iterator[tuple[str, str]]:
        """The staged text of each file that is different on disk, or no longer there."""
        listed = _output("diff", "--name-only", "--diff-filter=MTD", "--no-ext-diff", "--no-renames", "-z", "--")
        for name in os.fsdecode(listed or b"").split("\0"):
            path = self._from_here(name) if name else None
            text = self.text("", path) if path is not None else None
            if path is not None and text is not None:
                yield path, text

    def text(self, commit: str, path: str) -> str | None:
        """The text in a commit, or in the index if that is empty; None if there is none, or it is not worth reading."""
        named = f"{commit}:{self.prefix}{Path(os.path.normpath(path)).as_posix()}"
        content = _output("cat-file", "blob", named)
        if content is None or len(content) > LARGEST:
            return None
        return content.decode("utf-8", "surrogateescape")


def _output(*arguments: str) -> bytes | None:
    """What git prints; None where it fails or is not there."""
    try:
        done = subprocess.run(("git", *arguments), capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
