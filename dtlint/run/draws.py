"""What a process draws for itself, by chance or from its own machine, so that no other process has the same."""

from __future__ import annotations

from typing import Final

from dtlint.job.joining import Joining
from dtlint.run.host import names_host
from dtlint.run.script.objects import ListObject, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.source import Span
from dtlint.value import Kind, Value

_GENERATORS: Final = ("random.randint", "random.randrange", "numpy.random.randint", "random.choice", "os.getpid")
_OWN_HOST: Final = ("socket.gethostname", "socket.getfqdn", "platform.node", "socket.gethostbyname")
_FREE: Final = "?.getsockname"


def own_port(joining: Joining) -> Event | None:
    """The call with which this process draws the port where it means to meet the others; None where it has the port
    from elsewhere, or draws as the others do (from a seeded generator, from a socket of a fixed port)."""
    run = joining.process.run
    return None if run is None else drawn(run, joining.event, joining.port, joining.event.argument("init_method"))


def own_address(joining: Joining) -> Event | None:
    """The call with which this process asks for its own host and means to meet the others there."""
    run = joining.process.run
    if run is None or not names_host(joining.address):
        return None
    before = (event for event in run.events[: joining.event.index] if event.name in _OWN_HOST)
    return next((one for one in before if one.surely and as_value(one.result).same(joining.address)), None)


def drawn(run: ScriptRun, event: Event, *values: Value) -> Event | None:
    """The call with which this process draws one of the values that the event is given."""
    places = {place for value in values for place in _drawn_at(value)}
    before = run.events[: event.index]
    # What was drawn before the process was started is not among the events of its run.
    found = next((one for one in before if one.at in places and one.name in (*_GENERATORS, _FREE)), None)
    if found is None or not found.surely or (found.name == _FREE and not _bound_to_any(run)):
        return None
    seeded = any("seed" in one.name.lower() for one in before)
    return None if seeded and found.name not in (_FREE, "os.getpid") else found


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
