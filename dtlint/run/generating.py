"""Text that each process generates from its own prompts with a model whose parameters lie in shards.

Every forward pass under ZeRO stage 3 gathers parameters, so all processes must make equally many.  `generate()` of
transformers goes on, with empty rounds, until all processes are done where `synced_gpus` is true.  By default it is
where `is_deepspeed_zero3_enabled()`, which asks for an `HfDeepSpeedConfig` that is alive: the Trainer and accelerate
make one, `deepspeed.initialize` does not (transformers/generation/utils.py, transformers/integrations/deepspeed.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.run.effects import Effect
from dtlint.run.saving import pretrained, unwrapped, wrapped
from dtlint.run.script.objects import EQUAL, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.source import Span
from dtlint.value import Reach

_PROMPTS: Final = ("input_ids", "inputs", "inputs_embeds", "input_features", "pixel_values")
_LENGTHS: Final = (
    "eos_token_id", "generation_config", "min_length", "min_new_tokens", "stopping_criteria", "synced_gpus",
)  # fmt: skip
"""What may make all sequences equally long, or keeps the processes in step."""
_KNOWING: Final = "HfDeepSpeedConfig"
_GATHERING: Final = "deepspeed.zero.GatheredParameters"


def out_of_step(run: ScriptRun) -> Iterator[tuple[Event, list[tuple[str, Span]]]]:
    """Calls of `generate()` on DeepSpeed's model with prompts that surely differ, and where that comes from."""
    models = [thing for _, thing in wrapped(run) if pretrained(thing)]
    calls = [event for event in run.events if event.method == "generate"]
    if any(event.method == _KNOWING for event in run.events) or any("synced_gpus" in one.keywords for one in calls):
        return
    for event in calls:
        model = unwrapped(event.receiver)
        if event.open or not any(model is one for one in models) or any(name in event.keywords for name in _LENGTHS):
            continue
        if any(context.name == _GATHERING for context in event.contexts):
            continue
        own = next((thing for thing in _prompts(event) if _own(run, thing, event)), None)
        if own is not None:
            yield event, [(step.text, step.at) for step in own.trail[:1]]


def _prompts(event: Event) -> Iterator[Unread]:
    given = [*event.positional[:1], *(event.keywords[name] for name in _PROMPTS if name in event.keywords)]
    return (thing for thing in given if isinstance(thing, Unread))


def _own(run: ScriptRun, thing: Unread, event: Event) -> bool:
    """It differed when it was made, and nobody had it before the call (which is not read itself) but to move it."""
    if thing.reach is not Reach.PROCESS or EQUAL in thing.attributes:
        return False
    earlier = [before for before in run.events[: event.index] if any(thing is one for one in before.objects)]
    return all(before.row is not None and Effect.MOVES in before.row.effects for before in earlier)
