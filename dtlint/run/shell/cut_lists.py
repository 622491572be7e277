"""Slurm's list of nodes, from which a script cuts a name by itself: what the cut makes of some lists.

Which names the nodes of a site have nobody knows, so that the cut is made on lists of the usual forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.shell import nodes
from dtlint.run.shell.hostlist import hosts_of
from dtlint.value import Term, Value, unknown

if TYPE_CHECKING:
    from dtlint.run.shell.machine import Machine

SAMPLES: Final = ("node[01-04]", "gpu-a[3,7]", "rack1-n4,rack2-n5")
"""Lists as Slurm writes them: a range, names with a dash, names that have no part in common."""
LISTS: Final = ("SLURM_JOB_NODELIST", "SLURM_NODELIST")
_CUT: Final = "cut node list"


def begun(machine: Machine, value: Value) -> tuple[str, ...] | None:
    """What stands for the list of nodes, or for what earlier cuts left of it; None for other values."""
    environment = machine.context.environment
    return SAMPLES if any(value.same(environment.get(name)) for name in LISTS) else _results(value)


def _results(value: Value) -> tuple[str, ...] | None:
    symbol = value.content.symbol if isinstance(value.content, Term) else None
    key = symbol.key if symbol is not None else None
    return tuple(map(str, key[2:])) if isinstance(key, tuple) and key[:1] == (_CUT,) else None


def cut(machine: Machine, made: tuple[str, ...], at: object) -> Value:
    """The value that gives `made` of the samples: the name of the first node where all of them are."""
    if list(made) == [_first(sample) for sample in SAMPLES]:
        return nodes.name(machine, 0)
    return unknown("a part of the node list", key=(_CUT, at, *made))


def mistaken(value: Value) -> tuple[str, str] | None:
    """A list of which the cut makes something else than the first host, and that."""
    made = _results(value) or ()
    wrong = ((sample, one) for sample, one in zip(SAMPLES, made, strict=False) if one != _first(sample))
    return next(wrong, None)


def _first(sample: str) -> str:
    hosts = hosts_of(sample)
    return hosts[0] if hosts else sample
