"""What scripts ask of a logger's `experiment` in processes that have none.

`rank_zero_experiment` of lightning/fabric/loggers/logger.py gives all processes but the first a `_DummyExperiment`, of
which every attribute is a method that does nothing: calling it is harmless, and asking it for an attribute raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.run.script.trace import Event, ScriptRun

_ATTRIBUTE_OF_METHOD: Final = re.compile(
    r"lightning\.pytorch\.loggers\.(?:\w+\.)?(?P<logger>\w+Logger)\.experiment\.(?P<part>\w+)\.\w+"
)


def attributes_of_nothing(run: ScriptRun) -> Iterator[tuple[Event, str, str]]:
    """Sure calls of a method of what is no method in the first process: with the logger, and the name of that."""
    for event in run.events:
        found = _ATTRIBUTE_OF_METHOD.fullmatch(event.name)
        if found is not None and event.surely and not event.caught:
            yield event, found["logger"], found["part"]
