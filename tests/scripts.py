"""Running a script on paper in a test: one process of eight, and what it printed."""

from __future__ import annotations

from typing import Any

from memory_files import MemoryFiles

from dtlint.run.environment import Environment
from dtlint.run.host import Host
from dtlint.run.script import ScriptContext, ScriptRun, as_value, run_script
from dtlint.run.word import Word, plain
from dtlint.source import Span
from dtlint.value import Value, known, unknown

GPUS = 8


def host(gpus: int = GPUS) -> Host:
    return Host(0, unknown("the host"), known(gpus), known(64))


def words(*texts: str) -> tuple[Word, ...]:
    return tuple(plain(text, Span("job.sh", 10 * number, 10 * number + len(text))) for number, text in enumerate(texts))


def process(
    text: str,
    *,
    rank: int | None = 0,
    arguments: tuple[Word, ...] | None = (),
    files: dict[str, str] | None = None,
    environment: dict[str, Any] | None = None,
    **context: Any,
) -> ScriptRun:
    """The run of `text` as `train.py`; a `rank` of None leaves the coordinates to nobody."""
    variables = {} if rank is None else {"RANK": str(rank), "LOCAL_RANK": str(rank % GPUS), "WORLD_SIZE": "16"}
    variables.update(environment or {})
    return run_script(
        "train.py",
        ScriptContext(
            environment=Environment({name: known(value) for name, value in variables.items()}),
            host=host(),
            files=MemoryFiles({"train.py": text, **(files or {})}),
            arguments=arguments,
            **context,
        ),
    )


def printed(run: ScriptRun) -> list[Value]:
    """The first argument of each `print`."""
    return [as_value(event.positional[0]) for event in run.called("print")]


def constants(run: ScriptRun) -> list[Any]:
    """What is printed where it is known, `...` where it is not."""
    return [value.constant if value.known else ... for value in printed(run)]
