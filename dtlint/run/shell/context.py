"""What a shell program is run in, and what comes out of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from dtlint.record import record
from dtlint.run.environment import Environment
from dtlint.run.files import Files
from dtlint.run.host import Host
from dtlint.run.word import Branch, Exec, Word
from dtlint.source import Span
from dtlint.value import Trail, Value, known


@dataclass(slots=True)
class Budget:
    """What one run may cost; nested runs share it."""

    steps: int = 20_000
    """Statements and commands."""
    execs: int = 1_000
    characters: int = 2_000_000
    """Of text that variables, loops and substitutions make."""
    depth: int = 16
    """Functions, sourced files and `eval` inside each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The process that runs a program."""

    environment: Environment
    host: Host
    files: Files
    scope: Hashable
    """Whoever shares it shares the unknowns: one run of one job."""
    arguments: tuple[Word, ...] | None = None
    """Positional parameters; None where nobody was seen to give them."""
    name: str = ""
    """`$0`: the script's path from the workspace root; empty where there is none."""
    directory: Value = field(default_factory=lambda: known("."))
    node_names: tuple[Value, ...] | None = None
    """Names of all nodes of the allocation, in order, where they are known to be so many."""
    first_node: Value | None = None
    """Name of the allocation's first node, where the others are not known."""
    node_count: Value | None = None
    holes: tuple[Word, ...] = ()
    """For a string that was handed over: what its private-use characters stand for."""
    nested: bool = False
    """The program's text was put together, so that its places must be checked against the file."""
    steps: Mapping[Span, Trail] = field(default_factory=dict)
    """For a string that was handed over: why the text at a place is what it is."""
    budget: Budget = field(default_factory=Budget)


@record
class VariableSet:
    """An assignment or export that was run."""

    name: str
    value: Value
    at: Span
    exported: bool
    branches: tuple[Branch, ...] = ()


@record
class Written:
    """A file that the script writes itself: a here-document, `echo … > file`, `tee`."""

    path: Value
    """From the workspace root where it is relative and the working directory is known."""
    text: Word
    at: Span
    branches: tuple[Branch, ...] = ()


@record
class Outcome:
    execs: tuple[Exec, ...]
    """In the order in which they start."""
    written: tuple[Written, ...]
    sets: tuple[VariableSet, ...]
    environment: Environment
    """What is exported at the end."""
    directory: Value
    sourced: tuple[str, ...] = ()
    """Files of the workspace that were sourced."""
    wanted: tuple[str, ...] = ()
    """Variables that it asked for and that nobody who was read had set."""
    complete: bool = True
    """False where the budget ran out: more may happen than was seen."""

    def file(self, path: Value) -> Written | None:
        """The last content that was written to `path`, unknown parts of the path being the same."""
        return next((written for written in reversed(self.written) if written.path.same(path)), None)
