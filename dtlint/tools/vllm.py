"""vLLM: its server, and the degrees of an engine as a Plan, whether a command or a script asks for them.

`verify_with_parallel_config` of vllm/config.py (later vllm/config/model.py): "Total number of attention heads (…) must
be divisible by tensor parallel size (…)"; options: vllm/engine/arg_utils.py and https://docs.vllm.ai/en/latest/cli/serve/.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from dtlint.job.launch import Child, Launch, alone
from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.job.site import Site
from dtlint.run.files import Files
from dtlint.run.word import Exec, Word, plain
from dtlint.source import Span
from dtlint.tools.model_shapes import heads
from dtlint.tools.options import Options
from dtlint.value import How, Step, Value, absent, unknown

if TYPE_CHECKING:
    from dtlint.run.script.trace import Event

COMMANDS = frozenset({"vllm"})
MODULES = frozenset({"vllm.entrypoints.cli.main"})

SERVER: Final = "vllm.entrypoints.openai.api_server"
ENGINES: Final = frozenset(
    ("vllm.LLM", "vllm.entrypoints.llm.LLM", *(
        f"vllm.{home}{name}" for home in ("", "engine.arg_utils.") for name in ("EngineArgs", "AsyncEngineArgs")
    ))
)  # fmt: skip
"""Classes that take a model and the degrees."""
TENSOR: Final = ("--tensor-parallel-size", "-tp")
PIPELINE: Final = ("--pipeline-parallel-size", "-pp")
MODEL: Final = ("--model",)
FILE: Final = "--config"
"""With a file, what is not on the command line may stand there."""


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    """The server as the one process that it begins as; it starts its workers itself."""
    if len(words) < 2 or words[0].string != "serve":
        return None
    at = exec.at
    named = words[1].string is None or not (words[1].string or "").startswith("-")
    model = (plain("--model", at), *words[1:]) if named else words[1:]
    program = (plain("-m", at), plain(SERVER, at), *model)
    launch = alone(command, exec, Options(rest=program))
    argv = (plain("python", at), *program)
    launch.children = (Child(exec.host, exec.environment, argv, exec.host.index, 0, at, exec.directory),)
    return launch


def plans(process: Process, files: Files) -> Iterator[Plan]:
    """One for each engine that the process surely makes."""
    if process.module == SERVER and process.run is None:
        words = process.arguments
        yield _plan(process, files, _option(words, MODEL), _option(words, TENSOR), _option(words, PIPELINE))
    for event in process.run.events if process.run is not None else ():
        if event.name in ENGINES and event.surely:
            tensor, pipeline = _argument(event, "tensor_parallel_size"), _argument(event, "pipeline_parallel_size")
            yield _plan(process, files, _argument(event, "model"), tensor, pipeline, event.at)


def _plan(
    process: Process, files: Files, model: Value, tensor: Value, pipeline: Value, at: Span | None = None
) -> Plan:
    plan = Plan(at=at or process.at, process=process, source="vllm", tensor=tensor.as_int(), pipeline=pipeline.as_int())
    plan.heads, plan.kv_heads = heads(model, process, files)
    return plan


def _argument(event: Event, name: str) -> Value:
    value = event.argument(name)
    if value.is_absent or value.trail:
        return value
    return value.because(Step(How.OPTION, f"{name}={value}", event.argument_at(name)))


def _option(words: Sequence[Word], names: tuple[str, ...]) -> Value:
    """The value behind the last of the names; underscores do for dashes."""
    found = absent()
    hidden = next((word for word in words if word.string is None or word.head == FILE), None)
    for word, following in pairwise((*words, plain("--", words[0].at)) if words else ()):
        name, equals, _ = word.head.partition("=")
        if (name.replace("_", "-") if name.startswith("--") else name) not in names:
            continue
        if equals:
            found = word.cut(len(name) + 1).value.because(Step(How.OPTION, word.written, word.at))
        elif not following.many:
            found = following.value.because(Step(How.OPTION, f"{word.written} {following.written}", word.at))
    if found.is_absent and hidden is not None:
        return unknown(names[0], key=("hidden option", hidden.at, names[0]))
    return found
