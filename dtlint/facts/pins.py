"""Versions that somebody pinned: requirements, lock files, `pip install`, image tags."""

from __future__ import annotations

from dtlint.record import record
from dtlint.source import Span


@record
class Pin:
    name: str
    """As on PyPI, in lower case, with hyphens (PEP 503)."""
    specifier: str
    """`==2.1.0`, `>=2,<3`, empty for any version; a URL or an image where the version stands in one."""
    exact: str | None
    """The one release that it allows, without a local part such as `+cu118`; None where it allows several, or where
    it depends on something that is not written here."""
    at: Span
    """The requirement as written, without the file's own punctuation."""
