"""What single options of `docker run` mean.

https://docs.docker.com/reference/cli/docker/container/run/ ; `--gpus` by opts/gpus.go of
https://github.com/docker/cli .
"""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Iterator
from typing import Final

from dtlint.job.container import DEFAULT_SHARED_MEMORY, SHARED_MEMORY, Mount, Published
from dtlint.job.site import Site
from dtlint.read.template import is_template
from dtlint.run.environment import Environment
from dtlint.run.word import Exec
from dtlint.source import Source, Span
from dtlint.tools.manifests.quantity import size
from dtlint.tools.options import Given, Options
from dtlint.value import How, Step, Text, Value, absent, known, unknown

PRIVATE: Final = ("", "private", "shareable")
"""Values of `--ipc` with which the container has a `/dev/shm` of its own."""
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*")
_MOST_PORTS: Final = 64
_HIDDEN: Final = "\0"
"""Stands for a part of a text that is not known."""


def switch(options: Options, name: str) -> Value:
    """`--rm`, or `--rm=false`."""
    value = options.value(name).or_default(known(False))
    return value.mapped(name, lambda given: given if isinstance(given, bool) else str(given).lower() in ("true", "1"))


def variables(options: Options, exec: Exec, site: Site) -> tuple[dict[str, Value], bool]:
    """What `--env-file` and then `--env` give, and whether that is all."""
    found: dict[str, Value] = {}
    complete = not options.hidden and not options.has("--env-host")
    for given in options.given.get("--env-file", ()):
        path = site.find(given.values[0], exec) if given.values else None
        source = site.files.source(path) if path is not None else None
        complete = complete and source is not None
        found |= env_file(source, exec.environment) if source is not None else {}
    for given in options.given.get("--env", ()):
        name, value = _variable(given, exec)
        if name is None:
            # It may be any of those in front of it.
            complete = False
            found = {each: unknown(f"${each}", key=("--env", given.at, each)) for each in found}
        else:
            found[name] = value
    return {name: value for name, value in found.items() if not value.is_absent}, complete


def _variable(given: Given, exec: Exec) -> tuple[str | None, Value]:
    """`NAME=value`, or a name whose value is that of the shell."""
    word = given.values[0] if given.values else None
    head = word.pieces[0].content if word is not None and word.pieces else None
    if word is None or not isinstance(head, str):
        return None, absent()
    name, equals, _ = head.partition("=")
    if equals:
        return name, given.led(word.cut(len(name) + 1).value.as_text())
    if word.string is None:
        return None, absent()
    return name, given.led(exec.environment.get(name))


def env_file(source: Source, shell: Environment) -> dict[str, Value]:
    """Lines `NAME=value`, to which nothing is done: quotes are part of the value."""
    found: dict[str, Value] = {}
    start = 0
    for line in source.text.splitlines(keepends=True):
        text = line.strip()
        begin = start + len(line) - len(line.lstrip())
        start += len(line)
        name, equals, content = text.partition("=")
        if not text or text.startswith("#") or not _NAME.fullmatch(name):
            continue
        if equals:
            at = Span(source.path, begin, begin + len(text))
            step = Step(How.ENVIRONMENT, text, at)
            # Docker fills in nothing, but whoever writes the file may.
            hidden = is_template(content)
            found[name] = unknown(f"${name}", key=("env file", at), trail=(step,)) if hidden else known(content, step)
        else:
            found[name] = shell.get(name)
    return found


def gpus(options: Options, exec: Exec) -> Value:
    """Absent where `--gpus` surely is not given."""
    given = options.value("--gpus")
    if given.is_absent:
        return given
    hidden = unknown("the GPUs of the container", key=("--gpus", exec.at, exec.host.index), low=0, whole=True)
    fields = listed(given)
    if fields is None:
        return hidden.after(given.trail)
    if fields == ["all"]:
        return exec.host.gpus.after(given.trail)
    values = {name: value for name, _, value in (field.partition("=") for field in fields)}
    count = next((field for field in fields if field.isdigit()), values.get("count", ""))
    if "device" in values and not count:
        return known(len([device for device in values["device"].split(",") if device])).after(given.trail)
    return known(int(count)).after(given.trail) if count.isdigit() and "device" not in values else hidden


def listed(given: Value) -> list[str] | None:
    """The fields of `--gpus`, which is a line of CSV; None where it is not known."""
    text = given.as_text().string
    if text is None or "\n" in text:
        return None
    return next(csv.reader([text]), None)


def shared_memory(options: Options, exec: Exec) -> Value:
    """Bytes of `/dev/shm`; absent where it is as large as that of the host or as memory."""
    hidden = unknown("the size of /dev/shm", key=("shm", exec.at))
    ipc = options.value("--ipc")
    if options.hidden or options.has("--volumes-from") or options.has("--pod"):
        return hidden
    if not ipc.is_absent and ipc.string not in PRIVATE:
        return absent(*ipc.trail) if ipc.string == "host" else hidden
    for value in options.values("--tmpfs"):
        path, _, rest = shown(value).partition(":")
        if path.rstrip("/") == SHARED_MEMORY or _HIDDEN in path:
            return hidden if _HIDDEN in path or "size" in rest else absent(*value.trail)
    for mount in mounts(options):
        if mount.path.string is None or mount.path.string.rstrip("/") in (SHARED_MEMORY, "/dev"):
            return hidden if mount.path.string is None else absent(*mount.path.trail)
    asked = options.value("--shm-size")
    step = Step(How.DEFAULT, "/dev/shm has 64 MiB where nothing else is said", exec.at)
    return size(asked) if not asked.is_absent else known(DEFAULT_SHARED_MEMORY, step)


def mounts(options: Options) -> Iterator[Mount]:
    for value, source, target in _mounted(options):
        path = unknown("a path", key=("mount", str(value))) if _HIDDEN in target else known(target)
        volume = unknown("a volume", key=("mount", str(value))) if _HIDDEN in source else known(source)
        yield Mount(path.after(value.trail), volume, known(False))


def folders(options: Options, exec: Exec) -> Iterator[tuple[str, str]]:
    """Folders in the container with the folders of the workspace that are mounted there."""
    for _, source, target in _mounted(options):
        here = exec.directory.string
        inside = not source.startswith(("/", "~")) and _HIDDEN not in source + target
        if inside and here is not None and (source.startswith(".") or "/" in source):
            yield posixpath.normpath(target), posixpath.normpath(source)


def _mounted(options: Options) -> Iterator[tuple[Value, str, str]]:
    for value in options.values("--volume"):
        parts = shown(value).split(":")
        yield value, parts[0], parts[1] if len(parts) > 1 else parts[0]
    for value in options.values("--mount"):
        fields = dict(part.partition("=")[::2] for part in shown(value).split(","))
        target = next((fields[name] for name in ("target", "dst", "destination") if name in fields), _HIDDEN)
        yield value, next((fields[name] for name in ("source", "src") if name in fields), _HIDDEN), target


def published(options: Options) -> Iterator[Published]:
    for value in options.values("--publish"):
        yield from port_pairs(value)


def port_pairs(value: Value) -> Iterator[Published]:
    """`[[interface:]host:]container[/protocol]`, each a number or a range, or a record of these; UDP is left out."""
    if not value.field("target").is_absent and value.string is None and not isinstance(value.content, Text):
        yield Published(value.field("published").as_int(), value.field("target").as_int())
        return
    text, _, protocol = shown(value).partition("/")
    *before, inner = text.rsplit(":", 2)
    if protocol == "udp" or _HIDDEN in text or text.startswith("["):
        return
    ports, outers = _range(inner), _range(before[-1]) if before and before[-1] else None
    for place, port in enumerate(ports):
        outer = known(outers[place]) if outers is not None and len(outers) == len(ports) else absent()
        interface = before[0] if len(before) > 1 and before[0] else None
        yield Published(outer.after(value.trail), known(port).after(value.trail), interface)


def _range(text: str) -> list[int]:
    first, _, last = text.partition("-")
    if not first.isdigit() or (last and not last.isdigit()):
        return []
    ports = list(range(int(first), int(last or first) + 1))
    return ports if len(ports) <= _MOST_PORTS else []


def devices(options: Options) -> tuple[Value, ...]:
    hidden = (unknown("a device", key=("device", word.at)) for word in options.hidden)
    return (*options.values("--device"), *hidden)


def shown(value: Value) -> str:
    """The text with a mark for each part that is not known."""
    match value.content:
        case Text(parts=parts):
            return "".join(part if isinstance(part, str) else _HIDDEN for part in parts)
        case _:
            text = value.as_text().string
            return _HIDDEN if text is None else text
