"""The shape of a modelled function: it gives a thing, or None where the call is to be treated as any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dtlint.run.script.call import Arguments
from dtlint.run.script.objects import Thing
from dtlint.source import Span

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

Attribute = Callable[["Caller", Thing, str, Span], Thing | None]
"""What an attribute of a thing is; None where it is as any other."""
Function = Callable[["Caller", Arguments], Thing | None]
Method = Callable[["Caller", Thing, Arguments], Thing | None]
