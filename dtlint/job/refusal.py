"""One reason for which a manifest is not taken."""

from __future__ import annotations

from dtlint.record import record
from dtlint.source import Span
from dtlint.value import Truth, Value


@record(eq=False)
class Refusal:
    when: Truth
    at: Value | Span
    reason: str
