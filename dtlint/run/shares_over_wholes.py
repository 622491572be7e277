"""Sums over the samples that one process was dealt, divided by how many samples there are for all of them.

A `DistributedSampler`, and a loader behind accelerate's `prepare`, give each process one in as many samples as there
are processes; `len(loader.dataset)` counts all of them (torch/utils/data/distributed.py: `num_samples` against
`len(self.dataset)`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Call, Name
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.epochs import Pass, passes
from dtlint.run.script.flows import facets, shared_out
from dtlint.run.script.objects import DictObject, Either, ListObject, Thing, as_value
from dtlint.run.script.quiet import OF_DATA
from dtlint.run.script.trace import Event, Quotient, ScriptRun
from dtlint.value import Reach, Symbol, Value, origins

_SHOWS: Final = frozenset(
    (
        "print", "write", "info", "warning", "debug", "log", "log_metrics", "add_scalar", "add_scalars", "set_postfix",
        "set_description",
    )
)  # fmt: skip
_DEEPEST: Final = 4


@record(eq=False)
class ShareOverWhole:
    """A number that is too small by as many times as there are processes, and is shown so."""

    quotient: Quotient
    passed: Pass
    """Where the process goes over its share."""
    shown: Event


def shares_over_wholes(run: ScriptRun) -> Iterator[ShareOverWhole]:
    """One for each division whose result is surely not brought together with that of other processes."""
    if not run.complete or run.filled_unseen or not run.quotients:
        return
    dealt = [one for one in passes(run) if shared_out(one.loader)]
    for quotient in run.quotients if dealt else ():
        share = facets(quotient.result)
        if share.content is not Reach.PROCESS:
            continue
        wholes = [length.thing for length in run.lengths if _is_length(quotient, length.value)]
        for one in dealt:
            data = one.loader.attributes.get("dataset")
            own = any(one.loop.at.overlaps(step.at) for step in share.trail)
            if own and any(data is whole for whole in wholes) and _sums_up(quotient, one):
                shown = _shown(run, quotient)
                if shown is not None:
                    yield ShareOverWhole(quotient, one, shown)
                break


def _is_length(quotient: Quotient, length: Value) -> bool:
    divisor = as_value(quotient.divisor)
    match quotient.written:
        case Call(func=Name(id="len")):
            return divisor.same(length)
        case _:
            return divisor.same(length) and not length.known


def _sums_up(quotient: Quotient, one: Pass) -> bool:
    """It is divided behind the loop, when the sum is complete."""
    return not any(loop is one.loop for loop in quotient.loops)


def _shown(run: ScriptRun, quotient: Quotient) -> Event | None:
    """The call that shows it as it is; None where it is not shown, or is handed to what may add it up."""
    carriers = set(_own(quotient.result))
    found: Event | None = None
    for event in run.events[quotient.index :]:
        if not any(_holds(thing, carriers, _DEEPEST) for thing in _given(event)):
            continue
        if event.method in OF_DATA or event.name in ("str", "round", "format"):
            carriers.update(_own(event.result))
        elif event.method in _SHOWS and (event.row is None or Effect.COLLECTIVE not in event.row.effects):
            found = found or event
        else:
            return None
    return found


def _own(thing: Thing) -> Iterator[Symbol]:
    """What in it is of this process alone."""
    return (symbol for symbol in as_value(thing).symbols() if symbol.reach is Reach.PROCESS)


def _given(event: Event) -> Iterator[Thing]:
    if event.receiver is not None:
        yield event.receiver
    yield from event.positional
    yield from event.keywords.values()


def _holds(thing: Thing, carriers: set[Symbol], deep: int) -> bool:
    match thing:
        case ListObject() if deep:
            return any(_holds(item, carriers, deep - 1) for item in thing.items)
        case DictObject() if deep:
            return any(_holds(item, carriers, deep - 1) for item in thing.entries.values())
        case Either() if deep:
            return any(_holds(side, carriers, deep - 1) for side in thing.alternatives())
        case _:
            return any(part in carriers for part in origins(as_value(thing).symbols()) if isinstance(part, Symbol))
