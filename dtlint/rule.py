"""What a check yields: a condition, the place it blames, and the words of its message."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from dtlint.fix import Edit
from dtlint.mend import Mend, Sources
from dtlint.record import record
from dtlint.source import Span
from dtlint.value import Truth, Value


class Placed(Protocol):
    """Anything that knows where it stands: a Value, a Launch, an Event."""

    @property
    def at(self) -> Span: ...


class Finding:
    """What a check says of its subject.

    `when` must be surely true for the finding to be reported.  `at` is what is blamed.  `words` fill the message of the
    rule's card; the trails of those that are Values become the because-lines, as do the places in `because`, each a
    Value, or a pair of words and a place.  `edits` mend it, all together or not at all.
    """

    __slots__ = ("at", "because", "edits", "when", "words")

    def __init__(
        self,
        when: Truth,
        at: Placed | Span,
        because: Iterable[Value | tuple[str, Placed | Span]] = (),
        edits: Iterable[Edit | Mend] = (),
        **words: object,
    ) -> None:
        self.when = when
        self.at = at
        self.because = tuple(because)
        self.edits = tuple(edits)
        self.words = words


@record
class Sought:
    """The line in which a text like `pattern` first stands within a place: a key in a file that was read as a whole."""

    within: Span
    pattern: str

    @property
    def at(self) -> Span:
        return self.within

    def found(self, sources: Sources) -> Span:
        """From the text to the end of its line; the whole place where it is not there."""
        source, place = sources(self.within.path), self.within
        likeness = re.compile(rf"(?:{self.pattern})[^\r\n]*")
        found = likeness.search(source.text, place.start, place.end) if source is not None else None
        return Span(place.path, found.start(), found.end()) if found is not None else place


def located(place: Placed | Span, sources: Sources) -> Span:
    return place.found(sources) if isinstance(place, Sought) else span_of(place)


def span_of(place: Placed | Span) -> Span:
    return place if isinstance(place, Span) else place.at


def near(value: Value, otherwise: Placed | Span) -> Placed | Span:
    """`value` if something says where it was written, else `otherwise`, such as the command that lacks it."""
    return value if value.trail else otherwise
