"""Conditions that all processes of a job answer alike, as far as can be seen: options and configurations say what."""

from __future__ import annotations

from collections.abc import Iterable

from dtlint.run.conditions import forks
from dtlint.run.script.trace import Fork, ScriptRun
from dtlint.source import Span
from dtlint.value import Reach, Symbol, Term, Value


class AskedAlike:
    """What was asked, and where, by the processes that are compared."""

    def __init__(self, runs: Iterable[ScriptRun]) -> None:
        self._asked: list[dict[Span, set[object]]] = []
        for run in runs:
            asked: dict[Span, set[object]] = {}
            for fork, _, _ in forks(run.trace):
                asked.setdefault(fork.at, set()).add(_question(fork.value))
            self._asked.append(asked)

    def settles(self, fork: Fork) -> bool:
        """The same is asked there by all who come there, and neither data nor rounds bring it about.

        What is compared with the rank is another question in each process.
        """
        if fork.value.reach is Reach.PROCESS or fork.changes:
            return False
        question = _question(fork.value)
        return all(question in asked[fork.at] for asked in self._asked if fork.at in asked)


def _question(value: Value) -> object:
    """What is asked of which options and configurations, whoever asks."""
    return tuple(_shape(symbol) for symbol in value.symbols())


def _shape(part: object) -> object:
    """A symbol without the process that it is of: each has a command line and files of its own, with the same in it."""
    match part:
        case Symbol(key=("option", _, *names)):
            return ("option", *names)
        case Symbol(key=("unread", _), name=name):
            return ("unread", name)
        case Symbol(key=key):
            return _shape(key)
        case Term(parts=parts):
            return _shape(parts)
        case tuple():
            return tuple(map(_shape, part))
        case _:
            return part
