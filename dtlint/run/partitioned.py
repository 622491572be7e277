"""Weights that a script sets where ZeRO has left nothing of them in the module.

Under `deepspeed.zero.Init` each layer is cut up as soon as it is made, whatever stage is configured, and under stage 3
all are by `deepspeed.initialize`.  What stands in the module then has the shape [0]: to fill it sets nothing, to load
into it fails, and so do the initialisations that look at the shape.  `apply` within the context gathers the weights
first (`wrapper` of deepspeed/runtime/zero/partition_parameters.py), and so does `GatheredParameters`.  All of it was
seen with DeepSpeed 0.19.  What transformers loads, where it knows of stage 3, is made within that context too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.plan import Plan
from dtlint.record import record
from dtlint.run.gathering import GATHERED, held, largest
from dtlint.run.saving import unwrapped, wrapped
from dtlint.run.script.objects import ExternalMethod, Instance, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import DEEPEST
from dtlint.run.zero3_loading import cut_up_on_the_way, loads
from dtlint.value import TRUE, Truth

_INIT: Final = "deepspeed.zero.Init"
_FILLS: Final = frozenset(("copy_", "fill_", "normal_", "uniform_", "zero_"))
_PARTS: Final = ("weight", "bias")
_EMBEDDINGS: Final = ("get_input_embeddings", "get_output_embeddings")
_READS: Final = ("load", "load_file", "load_state_dict_from_url")
_PASSES: Final = ("items", "values", "get", "copy")
"""Methods of a state that give what is in it."""


@record(eq=False)
class Lost:
    event: Event
    since: Event
    """Where the weights were cut up."""
    when: Truth


def lost(run: ScriptRun, plan: Plan) -> Iterator[Lost]:
    """Calls that set weights which are not there."""
    for event in run.events:
        if event.open or any(context.name == GATHERED for context in event.contexts):
            continue
        if event.method == "load_state_dict":
            yield from _loads(run, event, plan)
            continue
        layer = _layer_of(_target(event))
        since = _context(layer) if layer is not None else None
        if since is not None and _engine_alone(plan):
            yield Lost(event, since, TRUE)
        yield from _in_loaded(run, event, plan)


def _engine_alone(plan: Plan) -> bool:
    """Nobody but DeepSpeed and accelerate has a hand in it."""
    return plan.direct or plan.source == "accelerate"


def _in_loaded(run: ScriptRun, event: Event, plan: Plan) -> Iterator[Lost]:
    """Weights of a model that transformers has cut up while it loaded it."""
    model = _model_of(_target(event))
    load = next((one for one in loads(run) if one.result is model and one.index < event.index), None)
    told = cut_up_on_the_way(plan, load) if model is not None and load is not None else None
    if told is None or load is None:
        return
    # Embeddings of another size are whole until the engine cuts them up, in some releases of transformers.
    between = (one for one in run.events if load.index < one.index < event.index)
    if not any(one.method == "resize_token_embeddings" for one in between):
        yield Lost(event, load, told[1])


def _model_of(tensor: Thing | None) -> Thing | None:
    """The model of which a tensor is a weight: `model.score.weight.data`, `model.get_input_embeddings().weight`."""
    weight = False
    for _ in range(DEEPEST):
        if isinstance(tensor, ExternalMethod):
            weight = weight or tensor.method in _PARTS
            tensor = tensor.receiver
        elif isinstance(tensor, Unread) and tensor.made_by is not None and tensor.made_by.method in _EMBEDDINGS:
            tensor = tensor.made_by.receiver
        else:
            break
    return tensor if weight and isinstance(tensor, Instance) else None


def _target(event: Event) -> Thing | None:
    """The tensor that the call fills."""
    if event.name.startswith("torch.nn.init."):
        return event.given(0, "tensor")
    return event.receiver if event.method in _FILLS else None


def _layer_of(tensor: Thing | None) -> Instance | None:
    """The layer of torch whose weight it is."""
    if isinstance(tensor, ExternalMethod) and tensor.method == "data":
        tensor = tensor.receiver
    if not isinstance(tensor, ExternalMethod) or tensor.method not in _PARTS:
        return None
    layer = tensor.receiver
    known = isinstance(layer, Instance) and isinstance(layer.cls, str) and layer.cls.startswith("torch.nn.")
    return layer if known and isinstance(layer, Instance) else None


def _context(layer: Instance) -> Event | None:
    """The context in which the layer was made and cut up."""
    around = layer.made_by.contexts if layer.made_by is not None else ()
    return next((one for one in around if one.name == _INIT and not one.open and "enabled" not in one.keywords), None)


def _loads(run: ScriptRun, event: Event, plan: Plan) -> Iterator[Lost]:
    """Whole weights of a file into a model that has none left."""
    model = unwrapped(event.receiver)
    if model is None or not _engine_alone(plan) or {"assign", "strict"} & set(event.keywords):
        return
    if reading(event.given(0, "state_dict")) is None:
        return
    since = _made_within(model)
    if since is not None:
        yield Lost(event, since, TRUE)
        return
    size = largest(model)
    for wrap, one in wrapped(run):
        if one is model and wrap.surely and wrap.index < event.index and size:
            yield Lost(event, wrap, (plan.zero_stage == 3) & (plan.persistent < size))


def _made_within(thing: Thing, deep: int = DEEPEST) -> Event | None:
    """The context in which some layer of the model was made."""
    if isinstance(thing, Instance) and isinstance(thing.cls, str):
        return _context(thing)
    found = (_made_within(one, deep - 1) for one in held(thing)) if deep > 0 else ()
    return next((one for one in found if one is not None), None)


def reading(thing: Thing | None) -> Event | None:
    """The call that read it from a file, or read what it is a part of."""
    for _ in range(DEEPEST):
        if not isinstance(thing, Unread):
            return None
        made = thing.made_by
        if made is not None and made.method in _READS:
            return made
        thing = made.receiver if made is not None and made.method in _PASSES else thing.part_of
    return None
