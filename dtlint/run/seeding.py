"""How a process seeded a random generator, and whether two processes surely draw differently."""

from __future__ import annotations

import re
from sys import stdlib_module_names
from typing import Final

from dtlint.record import record
from dtlint.run.dealing import surely_differ
from dtlint.run.script.bystanders import BYSTANDERS
from dtlint.run.script.trace import Event
from dtlint.value import Value

SEEDING: Final = re.compile(r"seed|rng|random_state|generator|determinis|\btrainer\b|fork_rng|load_state")
"""Calls that may set a random generator."""
KNOWN: Final = frozenset(("torch", "torchvision", "torchaudio", "horovod", "builtins", "safetensors")).union(
    BYSTANDERS, stdlib_module_names
)
"""Packages that set no generator but by calls with such names."""


@record(eq=False)
class Seeding:
    """What a generator was set to last; without a call, chance."""

    event: Event | None
    seed: Value | None

    def apart(self, other: Seeding) -> bool:
        """Two processes of which one was seeded so and one otherwise surely draw differently."""
        if self.event is None and other.event is None:
            return True
        if self.seed is None or other.seed is None or self.event is None or other.event is None:
            return False
        return self.event.name == other.event.name and surely_differ(self.seed, other.seed)

    def why_apart(self, other: Seeding, what: str) -> str:
        """The reason in words; `what` is seeded."""
        if self.seed is None or other.seed is None:
            return f"nothing has seeded {what}"
        known = self.seed.known and other.seed.known
        return f"{what} was seeded with {self.seed} and {other.seed}" if known else "their seeds differ"


def seeds_nothing_by_name(event: Event) -> bool:
    """A call of a package that sets no generator, and whose name does not say otherwise."""
    package, _, method = event.name.partition(".")
    return event.row is not None or package in KNOWN or not method or (package == "?" and method != "__call__")
