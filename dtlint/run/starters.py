"""Python scripts that start a launcher, as launch scripts do: `subprocess.run(["torchrun", …])`, `os.system("…")`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dtlint.run.environment import Environment
from dtlint.run.host import Host
from dtlint.run.script import ScriptRun, Subprocess
from dtlint.run.script.objects import as_value
from dtlint.run.word import Exec, Word, plain
from dtlint.value import Value, absent, known

_STARTS: Final = re.compile(r"\bsubprocess\b|\bos\.(?:system|popen)\(")
_LAUNCHERS: Final = re.compile(
    r"torchrun|torch\.distributed\.(?:run|launch)|deepspeed|accelerate|mpirun|mpiexec|horovodrun|\bsrun\b|\bcomposer\b"
    r"|colossalai|llamafactory|axolotl|\bverl\b|openrlhf"
)


def may_start(text: str) -> bool:
    """The text of a script has all that it takes."""
    return _STARTS.search(text) is not None and _LAUNCHERS.search(text) is not None


def started(run: ScriptRun, environment: Environment, host: Host, directory: Value) -> Iterator[Exec]:
    """The commands that the script surely starts, each as if it stood in a shell there.

    What a loop starts whose rounds are not known one by one stands for one of its rounds.
    """
    for count, one in enumerate(run.subprocesses):
        if one.event.branches or not one.argv:
            continue
        yield Exec(
            argv=_words(one),
            environment=environment.with_(one.environment),
            directory=_directory(one, directory),
            at=one.at,
            host=host,
            repeated=bool(one.event.loops),
            started=count,
        )


def _words(one: Subprocess) -> tuple[Word, ...]:
    if one.shell:
        return (plain("bash", one.at), plain("-c", one.at), one.argv[0])
    if one.complete:
        return one.argv
    # Which of the words are missing is not known: behind the program there may be any.
    return (one.argv[0], replace(one.argv[0], written="…", many=True), *one.argv[1:])


def _directory(one: Subprocess, directory: Value) -> Value:
    """Where it runs: a folder that `cwd=` names is taken from the script's own."""
    given = one.event.given(None, "cwd")
    asked = absent() if given is None else as_value(given)
    here, there = directory.string, asked.string
    if asked.is_absent or asked.constant is None:
        return directory
    if here is None or there is None or there.startswith(("/", "~")):
        return asked
    return known(posixpath.normpath(posixpath.join(here, there)), *asked.trail)
