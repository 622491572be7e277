"""Makefiles: what they assign, and the commands of their rules."""

from __future__ import annotations

from dtlint.record import record
from dtlint.source import Span


@record
class Plain:
    """Text that make hands on."""

    text: str
    at: Span
    exact: bool = True
    """It stands letter for letter at `at`; not so for `$$`, and for the space that a continued line comes to."""


@record
class Reference:
    """`$(NAME)`, `${NAME}` or `$@`."""

    name: str
    at: Span


@record
class Shell:
    """`$(shell COMMAND)`: what the command prints."""

    parts: tuple[Part, ...]
    at: Span


@record
class Computed:
    """A function, a substitution or a name that is made of others: its text is known to make alone."""

    at: Span


Part = Plain | Reference | Shell | Computed


@record
class Assignment:
    name: str
    operator: str
    """`=`, `:=` (also for `::=` and `:::=`), `?=`, `+=`, `!=`, or `define`."""
    parts: tuple[Part, ...]
    at: Span
    """The whole assignment, without its line end."""
    exported: bool = False
    targets: tuple[str, ...] = ()
    """It holds for what is made for these alone; empty where it holds for all."""
    conditional: bool = False
    """It stands between `ifeq` and `endif` and their like."""
    override: bool = False
    """It holds against the command line too."""


@record
class Rule:
    targets: tuple[str, ...]
    prerequisites: tuple[str, ...]
    commands: tuple[tuple[Part, ...], ...]
    """Each is a line that a shell of its own reads, continued lines together, without its prefix and `@`, `-`, `+`."""
    at: Span
    """The line that names the targets."""
    conditional: bool = False
    """It, or some of its commands, stands between `ifeq` and `endif` and their like."""


@record
class Makefile:
    path: str
    assignments: tuple[Assignment, ...]
    rules: tuple[Rule, ...]
    exports: frozenset[str] = frozenset()
    """Variables that an `export` without a value names."""
    exports_all: bool = False
    one_shell: bool = False
    """One shell reads all commands of a rule (`.ONESHELL`)."""
    includes: bool = False
    """Other makefiles are read into it, which may assign anything."""

    @property
    def targets(self) -> tuple[str, ...]:
        """Those for which something runs, or is set differently."""
        run = (name for rule in self.rules if rule.commands for name in rule.targets)
        return tuple(dict.fromkeys((*run, *(name for one in self.assignments for name in one.targets if name))))
