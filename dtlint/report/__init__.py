"""Reports: one run in the words of a person or of another program."""

from __future__ import annotations

from importlib import import_module

from dtlint.report.view import View

FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "lsp")


def render(name: str, view: View) -> str:
    """The report of `view` in the format `name`, one of `FORMATS`; it ends with a line end unless it is empty."""
    if name not in FORMATS:
        raise ValueError(f"no such format: {name}")
    rendered: str = import_module(f"dtlint.report.{name}").render(view)
    return rendered


__all__ = ["FORMATS", "View", "render"]
