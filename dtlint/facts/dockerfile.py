"""Dockerfiles: stages and their instructions."""

from __future__ import annotations

from dtlint.facts.document import Entry, Hole, Leaf
from dtlint.facts.problem import Problem
from dtlint.record import record
from dtlint.source import Span


@record
class ShellText:
    """Text that a shell will read; each character stands where it stands in the file, from `at.start` on.

    Comment lines between continued lines, which Docker drops, are spaces.
    """

    text: str
    at: Span


@record
class Instruction:
    keyword: str
    """In capitals."""
    at: Span
    arguments: ShellText
    """Everything behind the keyword and its `--flags`, without here-documents."""
    words: tuple[Leaf | Hole, ...] | None = None
    """The exec form, `["python", "train.py"]`; None for the shell form."""
    settings: tuple[Entry, ...] = ()
    """Of ENV, ARG and LABEL; an ARG without a default is a hole."""
    heredocs: tuple[ShellText, ...] = ()


@record
class Stage:
    image: Leaf | Hole
    """With the defaults of ARG put in; a hole where one has none."""
    name: str | None
    at: Span
    """The FROM instruction."""
    instructions: tuple[Instruction, ...]

    @property
    def environment(self) -> tuple[Entry, ...]:
        """What its ENV instructions set, in order."""
        return tuple(entry for one in self.instructions if one.keyword == "ENV" for entry in one.settings)


@record
class Dockerfile:
    path: str
    arguments: tuple[Entry, ...]
    """ARG instructions before the first stage."""
    stages: tuple[Stage, ...]
    problems: tuple[Problem, ...] = ()

    def lineage(self, stage: Stage) -> tuple[Stage, ...]:
        """The stage, the one it is built from, and so on."""
        chain = [stage]
        while True:
            before = self.stages[: self.stages.index(chain[-1])]
            name = chain[-1].image.text.lower()
            parent = next((one for one in reversed(before) if one.name is not None and one.name.lower() == name), None)
            if parent is None:
                return tuple(chain)
            chain.append(parent)
