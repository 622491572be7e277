"""Paths as text: `os.path` and `pathlib`, by POSIX rules and without asking the file system."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Attribute, Function, Method
from dtlint.run.script.objects import Thing, as_value, listing
from dtlint.run.script.operators import derived
from dtlint.source import Span
from dtlint.value import Const, Kind, Reach, Text, Value, known, unknown

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller


def joined(machine: Caller, parts: list[Value]) -> Value:
    """`os.path.join`, known parts melted together."""
    result = machine.path(*parts)
    return as_value(result)


def _join(machine: Caller, call: Arguments) -> Thing | None:
    if not call.positional or call.open:
        return machine.anything("a path", call.at)
    return joined(machine, [as_value(thing) for thing in call.positional])


def _textual(function: Callable[[str], str], name: str) -> Function:
    def textual(machine: Caller, call: Arguments) -> Thing | None:
        value = as_value(call.positional[0]) if call.positional else None
        if value is None:
            return None
        if value.string is not None:
            return Value(Const(function(value.string)), value.trail)
        return derived(name, value)

    return textual


def _base(machine: Caller, call: Arguments) -> Thing | None:
    value = as_value(call.positional[0]) if call.positional else None
    if value is not None and isinstance(value.content, Text):
        last = value.content.parts[-1]
        if isinstance(last, str) and "/" in last:
            return Value(Const(last.rpartition("/")[2]), value.trail)
    return _textual(posixpath.basename, "basename")(machine, call)


def _split_extension(machine: Caller, call: Arguments) -> Thing | None:
    value = as_value(call.positional[0]) if call.positional else None
    if value is not None and value.string is not None:
        return listing("tuple", tuple([Value(Const(part), value.trail) for part in posixpath.splitext(value.string)]))
    return None


def _absolute(machine: Caller, call: Arguments) -> Thing | None:
    """The workspace's root stands for the folder that nobody knows."""
    return as_value(call.positional[0]) if call.positional else None


def _test(machine: Caller, call: Arguments) -> Thing | None:
    """Whether a file is there: not chance, and the same for whoever asks for the same path."""
    value = as_value(call.positional[0]) if call.positional else known(None)
    return _there(machine, value, call)


def _there(machine: Caller, value: Value, call: Arguments) -> Value:
    base = derived("exists", value)
    return unknown(
        f"exists({value})",
        key=("exists", next(iter(base.symbols())).key, len(machine.run.events)),
        kind=Kind.WITHHELD,
        reach=Reach.UNSEEN,
        low=0,
        high=1,
        whole=True,
        trail=value.trail,
    )


def _path(machine: Caller, call: Arguments) -> Thing | None:
    parts = [as_value(thing) for thing in call.positional]
    return machine.path(*parts) if parts else machine.path(known("."))


def _current(machine: Caller, call: Arguments) -> Thing | None:
    return machine.context.directory


# -- methods of pathlib.Path


def _value(receiver: Thing) -> Value:
    return as_value(receiver)


def _same(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    return receiver


def _join_path(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    return machine.path(_value(receiver), *[as_value(thing) for thing in call.positional])


def _exists(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    return _there(machine, _value(receiver), call)


def _posix(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    return _value(receiver)


def _renamed(part: str) -> Method:
    """`with_name`, `with_stem` and `with_suffix`."""

    def method(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
        given = as_value(call.positional[0]).string if len(call.positional) == 1 else None
        whole = _value(receiver).string
        if given is None or whole is None:
            return None
        folder, last = posixpath.split(whole)
        stem, suffix = posixpath.splitext(last)
        name = {"name": given, "stem": given + suffix, "suffix": stem + given}[part]
        return machine.path(Value(Const(posixpath.join(folder, name)), _value(receiver).trail))

    return method


def _attribute(machine: Caller, path: Thing, name: str, at: Span) -> Thing | None:
    """`parent`, `parents`, `name`, `stem` and `suffix` of a path."""
    value = as_value(path)
    whole = value.string
    if name == "parent":
        if whole is not None:
            return machine.path(Value(Const(posixpath.dirname(whole) or "."), value.trail))
        return machine.path(derived("parent", value))
    if name == "parents" and whole is not None:
        folders: list[Thing] = []
        while posixpath.dirname(whole) != whole and len(folders) < 50:
            whole = posixpath.dirname(whole)
            folders.append(machine.path(Value(Const(whole or "."), value.trail)))
        return listing("tuple", tuple(folders))
    if name in ("name", "stem", "suffix"):
        if whole is None:
            return derived(name, value)
        last = posixpath.basename(whole)
        stem, suffix = posixpath.splitext(last)
        return Value(Const({"name": last, "stem": stem, "suffix": suffix}[name]), value.trail)
    return None


def _read(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    return text_of(_value(receiver))


def text_of(path: Value) -> Value:
    """What stands in a file, as an unknown that remembers the file."""
    name = path.string if path.string is not None else ""
    return unknown(f"the text of {path}", key=("text of", name, path.trail), trail=path.trail)


def _open(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    return machine.call(machine.external("open"), call.behind(_value(receiver)))


def _temporary(machine: Caller, call: Arguments) -> Thing | None:
    """The folder that the environment names, or `/tmp`: the same for all processes of a launch."""
    return unknown("gettempdir()", key="tempfile.gettempdir", reach=Reach.UNIFORM)


ATTRIBUTES: Final[dict[str, Attribute]] = {"pathlib.Path": _attribute}

FUNCTIONS: Final[dict[str, Function]] = {
    "os.path.join": _join,
    "os.path.basename": _base,
    "os.path.dirname": _textual(posixpath.dirname, "dirname"),
    "os.path.normpath": _textual(posixpath.normpath, "normpath"),
    "os.path.abspath": _absolute,
    "os.path.realpath": _absolute,
    "os.path.expanduser": _absolute,
    "os.path.splitext": _split_extension,
    "os.path.exists": _test,
    "os.path.isfile": _test,
    "os.path.isdir": _test,
    "os.path.islink": _test,
    "os.getcwd": _current,
    "pathlib.Path": _path,
    "pathlib.PurePath": _path,
    "pathlib.Path.cwd": _current,
    "tempfile.gettempdir": _temporary,
}

METHODS: Final[dict[str, Method]] = {
    "resolve": _same, "absolute": _same, "expanduser": _same, "joinpath": _join_path, "exists": _exists,
    "is_file": _exists, "is_dir": _exists, "as_posix": _posix, "__str__": _posix, "read_text": _read,
    "read_bytes": _read, "open": _open, "with_name": _renamed("name"), "with_stem": _renamed("stem"),
    "with_suffix": _renamed("suffix"),
}  # fmt: skip
