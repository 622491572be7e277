"""What a process draws for itself, by chance or from its own machine, so that no other process has the same."""

from __future__ import annotations

from typing import Final

from dtlint.job.joining import Joining
from dtlint.run.script.objects import ListObject, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.source import Span
from dtlint.value import Kind, Value

_GENERATORS: Final = ("random.randint", "random.randrange", "numpy.random.randint", "random.choice", "os.getpid")
_FREE: Final = "?.getsockname"


def own_port(joining: Joining) -> Event | None:
    """The call with which this process draws the port where it means to meet the others; None where it has the port
    from elsewhere, or draws as the others do (from a seeded generator, from a socket of a fixed port)."""
    run = joining.process.run
    if run is None:
        return None
    places = _drawn_at(joining.port) | _drawn_at(joining.event.argument("init_method"))
    before = run.events[: joining.event.index]
    # What was drawn before the process was started is not among the events of its run.
    drawn = next((event for event in before if event.at in places and event.name in (*_GENERATORS, _FREE)), None)
    if drawn is None or not drawn.surely or (drawn.name == _FREE and not _bound_to_any(run)):
        return None
    seeded = any("seed" in event.name.lower() for event in before)
    return None if seeded and drawn.name not in (_FREE, "os.getpid") else drawn


def _drawn_at(value: Value) -> set[Span]:
    return {
        part
        for symbol in value.symbols()
        if symbol.kind is Kind.CHANCE and isinstance(symbol.key, tuple)
        for part in symbol.key
        if isinstance(part, Span)
    }


def _bound_to_any(run: ScriptRun) -> bool:
    """Its sockets are bound to port 0, for which the system picks a free one."""
    bound = [event.positional[0] for event in run.events if event.method == "bind" and event.positional]
    ports = [as_value(place.items[1]) for place in bound if isinstance(place, ListObject) and len(place.items) == 2]
    return bool(ports) and len(ports) == len(bound) and all(port.integer == 0 for port in ports)
