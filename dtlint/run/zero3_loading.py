"""Whether transformers knows, when it loads a model, that ZeRO stage 3 will cut it up, and then cuts it up on the way.

It asks a reference to an `HfDeepSpeedConfig` that it does not keep alive (`is_deepspeed_zero3_enabled` of
src/transformers/integrations/deepspeed.py): the arguments of a Trainer hold one from when they are made, an Accelerator
with `zero3_init_flag` another, and a script that does without both makes its own.  Without it each process loads the
whole model, and DeepSpeed cuts it up behind that.  Read in transformers 4.51 and 5.24.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Assign, Call, ExprStatement, FunctionDef, Name
from dtlint.facts.syntax import nodes_of
from dtlint.job.plan import Plan
from dtlint.record import record
from dtlint.run.saving import happens, wrapped
from dtlint.run.script.objects import Instance, ListObject, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.tools.transformers import arguments_made
from dtlint.value import Truth

_MODEL: Final = re.compile(r"transformers\.(?:\w+\.)*(?:AutoModel\w*|[A-Z]\w*(?:For[A-Z]\w*|Model))\.from_pretrained")
_CONFIGS: Final = re.compile(r"(?:transformers|accelerate)\.(?:\w+\.)*Hf(?:Trainer)?DeepSpeedConfig")
_ACCELERATOR: Final = "accelerate.Accelerator"
_TRAINER: Final = re.compile(r"(?:transformers|trl)\.(?:\w+\.)*\w*Trainer")
_INIT: Final = "deepspeed.zero.Init"
_SIZE: Final = re.compile(r"(?:(\d+)x)?(\d+(?:\.\d+)?)b(?![a-z])", re.IGNORECASE)
_PARTS: Final = 6
HUGE: Final = 7
"""Billions of parameters from which on a model takes much of a host's memory, several times over: 14 GB of 16 bits."""


@record(eq=False)
class Whole:
    """A model that each process loads as a whole, though it is to be cut up."""

    load: Event
    since: Event | None
    """What comes too late, or does not stay; None where nothing says it."""
    reason: str


def loads(run: ScriptRun) -> Iterator[Event]:
    """The calls that load a model of transformers."""
    return (event for event in run.events if _MODEL.fullmatch(event.name))


def cut_up_on_the_way(plan: Plan, load: Event) -> tuple[Event, Truth] | None:
    """The call by which transformers knows of stage 3 at this load, and whether it surely does."""
    run = plan.process.run if plan.process is not None else None
    for event in _tellers(plan, run) if run is not None else ():
        if event.index < load.index and (run is None or _stays(run, event, load)):
            return event, (plan.zero_stage == 3) & happens(event)
    return None


def loaded_whole(plan: Plan) -> Iterator[Whole]:
    """The models of a plan with stage 3 that transformers surely does not cut up while it loads them."""
    run = plan.process.run if plan.process is not None else None
    if run is None or run.truncated or plan.source != "deepspeed":
        return
    tellers = list(_tellers(plan, run))
    for load in loads(run):
        if any(context.name == _INIT for context in load.contexts) or not _trained(plan, run, load):
            continue
        before = [event for event in tellers if event.index < load.index]
        if any(_stays(run, event, load) for event in before):
            continue
        huge = (billions(_named(load)) or 0) >= HUGE
        if before:
            yield Whole(load, before[-1], "what has it cut up on the way is gone by then")
        elif tellers and (huge or _CONFIGS.fullmatch(tellers[0].name)):
            # Whoever makes such an object means it; the arguments of a Trainer are made for other reasons too.
            yield Whole(load, tellers[0], "what has it cut up on the way comes later")
        elif not tellers and plan.direct and run.complete and huge:
            yield Whole(load, None, "no HfDeepSpeedConfig has it cut up on the way")


def billions(name: str) -> float | None:
    """Parameters of a model, as far as its name says it."""
    found = _SIZE.search(name.rstrip("/").rpartition("/")[2])
    return float(found[2]) * int(found[1] or 1) if found else None


def _named(load: Event) -> str:
    given = load.positional[0] if load.positional else load.keywords.get("pretrained_model_name_or_path")
    return getattr(given, "string", None) or ""


def _tellers(plan: Plan, run: ScriptRun) -> Iterator[Event]:
    """The calls that tell transformers of the plan's configuration, in order."""
    if plan.process is None:
        return
    by_launch = plan.source == "accelerate" and _initialises(plan)
    made = [] if plan.direct or (plan.source == "accelerate" and not by_launch) else arguments_made(plan.process)
    for event in run.events:
        if event in made or _CONFIGS.fullmatch(event.name) or (by_launch and event.name == _ACCELERATOR):
            yield event


def _initialises(plan: Plan) -> bool:
    """Nothing switches `zero3_init_flag` off, and something switches it on where that is not the default."""
    launch = plan.process.launch if plan.process is not None else None
    if launch is None:
        return False
    flag = launch.config.field("deepspeed_config").field("zero3_init_flag")
    if launch.options.has("--zero3_init_flag"):
        flag = launch.options.value("--zero3_init_flag")
    on = str(flag.constant).lower() == "true" if flag.known else False
    return on or (flag.is_absent and not plan.record.is_absent)


def _stays(run: ScriptRun, event: Event, load: Event) -> bool:
    """The object may still be there: it has a name in a function that goes on, or somebody else may hold it."""
    if not _CONFIGS.fullmatch(event.name):
        return True
    for program in run.programs:
        for node in nodes_of(program.body):
            if isinstance(node, ExprStatement) and isinstance(node.value, Call) and node.value.at == event.at:
                return False
            if isinstance(node, FunctionDef) and event.stack != load.stack[: len(event.stack)]:
                bound = [
                    each for each in nodes_of(node.body)
                    if isinstance(each, Assign) and isinstance(each.value, Call) and each.value.at == event.at
                ]  # fmt: skip
                if bound and _alone(node, bound[0]):
                    return False
    return True


def _alone(function: FunctionDef, assign: Assign) -> bool:
    """The name to which the object is bound is the function's own, and nothing else in it says it."""
    if len(assign.targets) != 1 or not isinstance(assign.targets[0], Name):
        return False
    name = assign.targets[0]
    said = [each for each in nodes_of(function.body) if getattr(each, "id", None) == name.id and each is not name]
    return not said and all(name.id not in getattr(each, "names", ()) for each in nodes_of(function.body))


def _trained(plan: Plan, run: ScriptRun, load: Event) -> bool:
    """The model, or what is made of it, is given to the engine or to the Trainer."""
    given = [thing for wrap, thing in wrapped(run) if wrap.name == "deepspeed.initialize" and plan.direct]
    for event in run.events:
        if not plan.direct and _TRAINER.fullmatch(event.name):
            thing = event.thing("model") or (event.positional[0] if event.positional else None)
            given += [thing] if thing is not None else []
    return any(_holds(thing, load, _PARTS) for thing in given)


def _holds(thing: Thing | None, load: Event, deep: int) -> bool:
    if thing is load.result:
        return True
    if deep == 0 or thing is None:
        return False
    if isinstance(thing, ListObject):
        return any(_holds(item, load, deep - 1) for item in thing.items)
    if not isinstance(thing, Instance | Unread):
        return False
    made = thing.made_by
    if made is not None and made.positional and _holds(made.positional[0], load, deep - 1):
        return True
    return any(_holds(held, load, deep - 1) for held in thing.attributes.values())
