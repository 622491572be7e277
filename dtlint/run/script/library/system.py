"""Leaving, time, chance and commands: `sys.exit`, `time.time`, `random`, `subprocess`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import DictObject, Instance, ListObject, Thing, Unread, as_value, listing
from dtlint.run.script.trace import Subprocess
from dtlint.run.word import valued
from dtlint.source import Span
from dtlint.value import Value, known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller


def _exit(machine: Caller, call: Arguments) -> Thing | None:
    return machine.leave()


def _chance(name: str) -> Function:
    def chance(machine: Caller, call: Arguments) -> Thing | None:
        machine.record(name, call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places)
        return machine.chance(f"{name}()", call.at)

    return chance


def _whole_chance(name: str) -> Function:
    def chance(machine: Caller, call: Arguments) -> Thing | None:
        machine.record(name, call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places)
        bounds = [as_value(thing).integer for thing in call.positional]
        if len(bounds) == 2 and bounds[0] is not None and bounds[1] is not None:
            return machine.chance(f"{name}()", call.at, low=bounds[0], high=bounds[1], whole=True)
        return machine.chance(f"{name}()", call.at, whole=True)

    return chance


def _socket_name(machine: Caller, call: Arguments) -> Thing | None:
    """Address and port of a socket: whoever bound it to port 0 gets one that the system picks."""
    name = "?.getsockname"
    machine.record(name, call.at, call.func_at, (), {}, call.open, call.get(0, "self"), call.places)
    # The kernel gives no port that only root may open to who asks for any (net.ipv4.ip_unprivileged_port_start).
    port = machine.chance("getsockname()[1]", call.at, low=1024, high=65_535, whole=True)
    return listing("tuple", (machine.anything("getsockname()[0]", call.at), port))


def _run(name: str, shell: bool = False) -> Function:
    def run(machine: Caller, call: Arguments) -> Thing | None:
        command = call.get(0, "args" if not shell else "command")
        if command is None:
            return None
        event = machine.record(
            name, call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
        )
        asked = call.get(None, "shell")
        through_shell = shell or (asked is not None and machine.decide(asked) is True)
        at = call.place(0, "args")
        if isinstance(command, ListObject):
            words = tuple([valued(_text(machine, item), _place(item, at)) for item in command.items])
            complete = command.complete
        else:
            value = _text(machine, command)
            complete = True
            if not through_shell and value.string is not None and " " in value.string:
                through_shell = True
            words = (valued(value, at),)
        environment = dict(machine.environment)
        given = call.get(None, "env")
        if isinstance(given, DictObject):
            environment.update({str(key): as_value(thing) for key, thing in given.entries.items()})
        machine.run.subprocesses.append(Subprocess(words, through_shell, complete, call.at, event, environment))
        if name == "os.system":
            return machine.anything("an exit status", call.at)
        last = name.rpartition(".")[2]
        if last == "Popen":
            return Instance("subprocess.Popen", made_by=event, complete=False)
        return Unread(f"{last}()", made_by=event)

    return run


def _text(machine: Caller, thing: Thing) -> Value:
    value = as_value(thing)
    return value if not value.known else value.as_text()


def _place(item: Thing, at: Span) -> Span:
    if isinstance(item, Value) and item.trail:
        return item.trail[0].at
    return at


def _platform(machine: Caller, call: Arguments) -> Thing | None:
    return known("Linux")


_SUBPROCESS: Final = ("run", "Popen", "call", "check_call", "check_output", "getoutput")
_RANDOM: Final = (
    "time.time", "time.perf_counter", "time.monotonic", "random.random", "random.uniform", "numpy.random.rand",
    "numpy.random.random", "numpy.random.uniform", "datetime.datetime.now", "datetime.datetime.utcnow",
    "uuid.uuid4", "random.choice", "random.gauss", "os.getpid", "secrets.token_hex",
)  # fmt: skip

FUNCTIONS: Final[dict[str, Function]] = {
    "sys.exit": _exit,
    "exit": _exit,
    "quit": _exit,
    "os._exit": _exit,
    "os.abort": _exit,
    "os.system": _run("os.system", shell=True),
    "platform.system": _platform,
    **{f"subprocess.{name}": _run(f"subprocess.{name}") for name in _SUBPROCESS},
    **{name: _chance(name) for name in _RANDOM},
    "?.getsockname": _socket_name,
    "random.randint": _whole_chance("random.randint"),
    "random.randrange": _whole_chance("random.randrange"),
    "numpy.random.randint": _whole_chance("numpy.random.randint"),
}
