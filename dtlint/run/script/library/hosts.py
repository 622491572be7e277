"""What a script asks about the machine that it runs on: its name and its address.

`socket.gethostname` and `platform.node` give the name of the host, whose address `socket.gethostbyname` looks up
(https://docs.python.org/3/library/socket.html).  A hostfile or a manifest may call a host otherwise than it calls
itself, so that a name from there is not known letter for letter here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.host import Host, address_of
from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import Thing, as_value
from dtlint.value import Value, unknown

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller


def _asks(name: str) -> Function:
    """Asks for the name of the own host, and is noted: who is to meet others must not tell them its own name."""

    def asks(machine: Caller, call: Arguments) -> Thing | None:
        if call.positional or call.keywords:
            return None
        return _noted(machine, call, name, _own_name(machine.context.host))

    return asks


def _own_name(host: Host) -> Value:
    if host.name.is_unknown:
        return host.name
    return unknown(f"the name of {host.name}", key=("host name", str(host.name)), family=("host name", "written"))


def _address(machine: Caller, call: Arguments) -> Thing | None:
    asked = call.get(0, "hostname")
    return None if asked is None else _noted(machine, call, "socket.gethostbyname", address_of(as_value(asked)))


def _noted(machine: Caller, call: Arguments, name: str, result: Value) -> Value:
    event = machine.record(name, call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places)
    event.result = result
    return result


FUNCTIONS: Final[dict[str, Function]] = {
    **{name: _asks(name) for name in ("socket.gethostname", "socket.getfqdn", "platform.node")},
    "socket.gethostbyname": _address,
}
