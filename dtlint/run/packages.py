"""Which packages a script calls: those that start no processes and exchange no weights but by calls that have rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from sys import stdlib_module_names
from typing import Final

from dtlint.run.script.bystanders import BYSTANDERS
from dtlint.run.script.objects import Unread
from dtlint.run.script.trace import Event

HARMLESS: Final = frozenset(("torch", "torchvision", "tensorflow", "keras", "builtins")).union(
    BYSTANDERS, stdlib_module_names
)


def keeps_to(events: Iterable[Event], packages: Collection[str]) -> bool:
    """All calls are of these packages or what they made, have rows, or are methods of an object of which nothing is
    known."""
    return all(
        event.row is not None
        or event.name.partition(".")[0] in packages
        or _plain_method(event.name)
        or _maker(event) in packages
        for event in events
    )


def _plain_method(name: str) -> bool:
    """It is no call of the object itself."""
    package, _, method = name.partition(".")
    return (package == "?" and method != "__call__") or "." not in name


def _maker(event: Event) -> str:
    """The package of the call that made the object which is called itself; empty where that is not known."""
    receiver = event.receiver
    made = receiver.made_by if isinstance(receiver, Unread) else None
    return made.name.partition(".")[0] if made is not None and made.result is receiver else ""
