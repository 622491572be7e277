"""The nodes of the allocation that a script runs in, as `scontrol show hostnames` lists them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dtlint.run.shell.words import of_value
from dtlint.run.word import Piece, Word
from dtlint.source import Span
from dtlint.value import Items, Term, Value, items, known, unknown

if TYPE_CHECKING:
    from dtlint.run.shell.machine import Machine


def names(machine: Machine) -> Value:
    """All names; where they are not known, the first of them and no end."""
    if machine.context.node_names is not None:
        return items(machine.context.node_names)
    return items((name(machine, 0),), complete=False)


def name(machine: Machine, index: int) -> Value:
    """The name of one node."""
    given, first = machine.context.node_names, machine.context.first_node
    if given is not None and index < len(given):
        return given[index]
    if index == 0 and first is not None:
        return first
    family = ("host name", machine.context.scope)
    return unknown(f"the name of node {index}", key=(*family, index), family=family)


def count(machine: Machine) -> Value:
    """How many they are."""
    context = machine.context
    if context.node_names is not None:
        return known(len(context.node_names))
    if context.node_count is not None:
        return context.node_count
    for variable in ("SLURM_JOB_NUM_NODES", "SLURM_NNODES"):
        value = context.environment.get(variable)
        if context.environment.set(variable) and not value.is_absent:
            return value
    return unknown("the number of nodes", key=("node count", context.scope), low=1, whole=True)


def among(members: Sequence[Word]) -> bool:
    """The unknown rest of the nodes is among these words."""
    return any(_first(member) is not None for member in members)


def rest(machine: Machine, listed: Items, word: Word) -> Word:
    """The nodes behind those that are listed."""
    value = unknown("further nodes", key=("nodes", machine.context.scope, len(listed.items)))
    return Word((Piece(value, word.pieces[0].at),), word.at, "", word.trail, many=True)


def further(machine: Machine, member: Word, offset: int, shown: str, at: Span) -> Word:
    """An item of an array at or behind a word that may be any number of words."""
    first = _first(member)
    if first is not None:
        return of_value(name(machine, first + offset).after(member.trail), at)
    content = member.pieces[0].content if member.pieces else ""
    key = content.content if isinstance(content, Value) and isinstance(content.content, Term) else shown
    value = unknown(shown, key=("item", machine.context.scope, key, offset), trail=member.trail)
    return of_value(value, at)


def _first(member: Word) -> int | None:
    """Where in the list the further nodes begin that the word stands for."""
    content = member.pieces[0].content if member.many and member.pieces else ""
    if isinstance(content, Value) and isinstance(content.content, Term):
        symbol = content.content.symbol
        key = symbol.key if symbol is not None else None
        if isinstance(key, tuple) and len(key) == 3 and key[0] == "nodes":
            return int(key[2])
    return None
