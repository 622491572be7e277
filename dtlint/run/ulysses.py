"""Sequence parallelism of DeepSpeed (Ulysses) for models of transformers, as a Plan.

`UlyssesSPAttentionHF.__init__` of deepspeed/runtime/sequence_parallel/ulysses_sp.py: "Attention head count … is not
divisible by SP size …".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.run.files import Files
from dtlint.run.option_defaults import default
from dtlint.tools.model_shapes import heads
from dtlint.tools.overrides import from_outside
from dtlint.value import How, Step, Value, absent

if TYPE_CHECKING:
    from dtlint.run.script.trace import Event

REGISTERS: Final = "UlyssesSPAttentionHF.register_with_transformers"
NAMES: Final = ("model_name_or_path", "core_attn_implementation", "sequence_parallel_size")


def plans(process: Process, files: Files) -> Iterator[Plan]:
    """One for each model that the process surely has cut up so."""
    run = process.run
    for event in run.events if run is not None else ():
        if event.surely and not event.caught and not event.open and event.name.endswith(REGISTERS):
            degree, model = _argument(process, event, "sequence_parallel_size"), _argument(process, event, NAMES[0])
            plan = Plan(at=event.at, process=process, source="ulysses", context=degree.as_int())
            plan.heads, plan.kv_heads = heads(model, process, files)
            yield plan


def _argument(process: Process, event: Event, name: str) -> Value:
    value, place = event.argument(name), NAMES.index(name)
    at = event.argument_at(name)
    if value.is_absent and len(event.positional) > place:
        thing = event.positional[place]
        value, at = thing if isinstance(thing, Value) else absent(), event.at
    usual = default(process.run, value) if process.run is not None and _as_it_stands(process) else None
    if usual is not None:
        value = usual
    return value.because(Step(How.OPTION, f"{name}={value}", at)) if value.known else value


def _as_it_stands(process: Process) -> bool:
    """All that may be given to the script besides is what somebody adds to the command (presumption 3)."""
    return process.launch is not None and all(from_outside(word) for word in process.arguments if word.string is None)
