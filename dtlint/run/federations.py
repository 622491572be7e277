"""Flower's server and the clients that one run starts: what each of them asks for.

Defaults by flwr/server/strategy/fedavg.py and, for messages, flwr/supercore/grpc.py: 512 MiB, since 1.16 two GiB
(flwrlabs/flower#5028).
"""

from __future__ import annotations

from typing import Final

from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.record import record
from dtlint.run.effects.flower import CLIENTS, SERVER, STRATEGIES
from dtlint.run.script.objects import Instance
from dtlint.run.script.trace import Event
from dtlint.run.unfollowed import all_seen
from dtlint.value import Const, How, Step, Value, known, unknown

MINIMUM: Final = known(2)
"""What a strategy's `min_…_clients` are without being set."""
_UNLIMITED: Final = 2**62
"""Stands for -1."""
ANYWHERE: Final = ("0.0.0.0", "[::]", "::", "*")
"""Addresses at which a server listens on all interfaces; nobody connects to them from another host."""


@record(eq=False)
class Party:
    """The server, or one client: a process and the call by which it takes part."""

    process: Process
    event: Event

    @property
    def address(self) -> tuple[Value, Value]:
        """Host and port as it is told."""
        value = self.event.argument("server_address")
        host = value.mapped("host", lambda text: str(text).rpartition(":")[0])
        return host, value.mapped("port", lambda text: int(str(text).rpartition(":")[2]))

    @property
    def limit(self) -> Value:
        """Bytes of the largest message that it takes; unknown where its release is."""
        given = self.event.argument("grpc_max_message_length")
        if not given.is_absent:
            return Value(Const(_UNLIMITED), given.trail) if given.integer == -1 else given
        return _default(self.process, self.event)


@record(eq=False)
class Federation:
    server: Party
    clients: tuple[Party, ...]
    complete: bool
    """Each client that the run starts is among them."""

    @property
    def strategy(self) -> Event | None:
        """The call that made the strategy, one of Flower's own; None where it is another, or may be."""
        made = self.server.event.thing("strategy")
        ours = isinstance(made, Instance) and isinstance(made.cls, str) and made.cls.startswith(STRATEGIES)
        return made.made_by if ours and isinstance(made, Instance) else None


def federation(run: Run) -> Federation | None:
    """The one server of the run with its clients; None where there is none, or several."""
    servers = [party for process in run.processes if (party := _party(process, (SERVER,))) is not None]
    clients = [party for process in run.processes if (party := _party(process, CLIENTS)) is not None]
    if len(servers) != 1:
        return None
    processes = [party.process for party in clients]
    fixed = not any(process.exec.branches for process in processes)
    complete = fixed and all_seen(run, processes)
    return Federation(servers[0], tuple(clients), complete)


def _party(process: Process, calls: tuple[str, ...]) -> Party | None:
    if process.run is None:
        return None
    event = next((event for event in process.run.called(*calls) if event.surely and not event.open), None)
    return Party(process, event) if event is not None else None


def _default(process: Process, event: Event) -> Value:
    old = 512 * 1024 * 1024
    if process.flower.is_absent:
        return known(2 * 1024**3 - 1, Step(How.DEFAULT, "the default is 2 GiB", event.at))
    if process.flower.string is None:
        return unknown("the default", key=("flower default", event.at))
    numbers = [int(part) if part.isdecimal() else 0 for part in process.flower.string.split(".")[:2]]
    if numbers >= [1, 16]:
        return known(2 * 1024**3 - 1, Step(How.DEFAULT, "the default is 2 GiB", event.at))
    return known(old, Step(How.DEFAULT, "the default of this release is 512 MiB", event.at))
