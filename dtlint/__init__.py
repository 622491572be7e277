"""dtlint: finds what breaks distributed training jobs, before they are launched."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dtlint.config import Config
    from dtlint.outcome import Report

__all__ = ["__version__", "lint"]

__version__ = "0.1.0"


def lint(
    paths: Sequence[Path | str],
    *,
    config: Config | None = None,
    focus: Sequence[str] = (),
    overlay: Mapping[str, str] | None = None,
    cache: bool = False,
) -> Report:
    """Everything that dtlint finds below `paths`.

    `config` replaces the one that stands in the workspace; `focus` keeps what touches these files only; `overlay`
    gives texts that are not on disk or are newer than there.  Both name files by their path from the workspace's root
    (`Report.root`), with forward slashes.  Raises `FileNotFoundError` for a path that does not exist and
    `dtlint.config.ConfigError` for a configuration that is wrong.
    """
    from dtlint import engine

    return engine.lint(paths, config, focus=focus, overlay=overlay, cache=cache)
