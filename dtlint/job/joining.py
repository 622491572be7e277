"""How a process joins the default process group: what it is told, and what it takes from its environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from dtlint.job.process import Process
from dtlint.record import record
from dtlint.value import Value, absent, known, unknown

if TYPE_CHECKING:
    from dtlint.run.script.trace import Event

INITIALISER: Final = "torch.distributed.init_process_group"


@record(eq=False)
class Joining:
    """One `init_process_group`, as `torch/distributed/rendezvous.py` of PyTorch 2.x reads it.

    Without an `init_method` (or with `env://`) rank and world size come from the arguments or else from `RANK` and
    `WORLD_SIZE`, the address from `MASTER_ADDR` and `MASTER_PORT`; with `tcp://host:port` from the URL.
    """

    process: Process
    event: Event
    rank: Value
    size: Value
    address: Value
    port: Value
    needs: tuple[str, ...] = ()
    """Variables without which it fails."""


def joinings(process: Process) -> Iterator[Joining]:
    """The calls that surely make the default group of `process`, in order.

    The backend `fake` meets nobody: one process plays a world (torch/testing/_internal/distributed/fake_pg.py).
    """
    if process.run is None:
        return
    for event in process.run.called(INITIALISER):
        if event.surely and event.argument("store").is_absent and event.argument("backend").string != "fake":
            yield _read(process, event)


def _read(process: Process, event: Event) -> Joining:
    method = event.argument("init_method")
    text = "env://" if method.is_absent or (method.known and method.constant is None) else method.string
    rank, size = (_given(event, name) for name in ("rank", "world_size"))
    if text == "env://":
        needs = [name for name, value in (("RANK", rank), ("WORLD_SIZE", size)) if value.is_absent]
        return Joining(
            process,
            event,
            rank.or_default(process.variable("RANK").as_int()),
            size.or_default(process.variable("WORLD_SIZE").as_int()),
            process.variable("MASTER_ADDR"),
            process.variable("MASTER_PORT").as_int(),
            (*needs, "MASTER_ADDR", "MASTER_PORT"),
        )
    address = port = unknown("the meeting point", key=("init_method", event.at))
    if text is not None and text.startswith("tcp://") and "?" not in text:
        address, port = _meeting_point(text, method)
    elif text is not None:
        address = port = absent()
    return Joining(process, event, rank, size, address, port)


def _given(event: Event, name: str) -> Value:
    """The argument; absent for -1, which stands for "not given"."""
    value = event.argument(name)
    return absent(*value.trail) if value.integer == -1 else value


def _meeting_point(url: str, method: Value) -> tuple[Value, Value]:
    hidden = unknown("the meeting point", key=("init_method", url))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return hidden, hidden
    if host is None or port is None:
        return hidden, hidden
    return known(host, *method.trail), known(port, *method.trail)
