"""Calls for which ZeRO or FSDP brings together what it has dealt out to the processes: all of them must come.

Under stage 3 a layer gathers its parameters in each forward pass, whoever calls the model: the hooks stand on its
modules (`_pre_forward_module_hook` of deepspeed/runtime/zero/parameter_offload.py).  `GatheredParameters` does it on
entry (partition_parameters.py), and the functions of deepspeed/utils/tensor_fragment.py fill a buffer by `all_reduce`
under stages 1 and 2 and by a gathering under stage 3.  All of it was seen to wait, with DeepSpeed 0.19 and Gloo.  FSDP
that wraps layer by layer does the same in its forward passes (`gathers_each_time` of dtlint/run/wrapping.py).
"""

from __future__ import annotations

from math import prod
from typing import Final

from dtlint.job.plan import Plan
from dtlint.run.saving import pretrained, unwrapped, wrapped
from dtlint.run.script.objects import (
    ClassObject,
    DictObject,
    ExternalMethod,
    Instance,
    ListObject,
    Thing,
    Unread,
    maker,
)
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import DEEPEST
from dtlint.value import FALSE, TRUE, Truth, Value

GATHERED: Final = "deepspeed.zero.GatheredParameters"
_TRAINS: Final = "transformers.Trainer.train"
_FORWARD: Final = (
    "__call__", "forward", "generate", "module", "_zero3_consolidated_16bit_state_dict",
    "_zero3_consolidated_fp16_state_dict",
)  # fmt: skip
"""Methods of a model or engine that come to all its layers; `module` is what an engine holds, called itself."""
_WHOLE: Final = frozenset(
    f"deepspeed.utils.{home}safe_get_full_{what}"
    for home in ("", "tensor_fragment.")
    for what in ("fp32_param", "optimizer_state", "grad")
)
_TABLES: Final = frozenset(f"torch.nn.{name}" for name in ("Bilinear", "Embedding", "Linear"))
"""Layers whose first two arguments are the shape of their weight."""
_LISTS: Final = ("parameters", "named_parameters")
_PRETRAINED: Final = 1_000_000
"""Elements that the embeddings of every pretrained model exceed."""


class Gatherings:
    """What the calls of one run gather of the models that were cut up."""

    def __init__(self, run: ScriptRun) -> None:
        self._run = run
        self._cut = [(wrap, model) for wrap, model in wrapped(run) if wrap.surely]
        for event in run.called(_TRAINS):
            made = run.made_by(event.receiver)
            model = made.thing("model") if made is not None else None
            if event.surely and model is not None:
                self._cut.append((event, model))

    def waits(self, event: Event, plan: Plan) -> Truth:
        """The process that makes this call waits for all others, which must make it too."""
        if any(context.name == GATHERED for context in event.contexts):
            return FALSE
        if event.name in _WHOLE:
            return plan.zero_stage >= 1 if self._cut else FALSE
        if (plan.fully_sharded == True).always:  # noqa: E712 - a Truth
            return TRUE if self._forward(event) else FALSE
        size = self._on_entry(event) if event.name == GATHERED else self._forward(event)
        mics = plan.record.get("zero_optimization.mics_shard_size")
        return (plan.zero_stage == 3) & (plan.persistent < size) if size and mics.is_absent else FALSE

    def _on_entry(self, event: Event) -> int:
        """Elements of the largest parameter that is surely gathered for a block."""
        entered = any(event in other.contexts for other in self._run.events)
        whole = event.given(3, "enabled") is None and not event.open
        return self._size(event, self._owner(event)) if entered and whole else 0

    def _owner(self, event: Event) -> Thing | None:
        """The model whose parameters are given, or the layer whose weight it is."""
        thing = event.given(0, "params")
        if isinstance(thing, ListObject):
            # `list(model.parameters())`: of what is in the list nothing is known but the call that it was made of.
            place = event.places.get("params", event.places.get(0, event.at))
            asked = [one for one in self._run.events[: event.index] if one.at.overlaps(place) and one.method in _LISTS]
            return unwrapped(asked[0].receiver) if len(asked) == 1 else None
        if isinstance(thing, Unread) and thing.made_by is not None and thing.made_by.method in _LISTS:
            return unwrapped(thing.made_by.receiver)
        return unwrapped(thing.receiver) if isinstance(thing, ExternalMethod) and thing.method == "weight" else None

    def _forward(self, event: Event) -> int:
        """The same for a forward pass of a model or of a layer within it."""
        return self._size(event, unwrapped(event.receiver)) if event.method in _FORWARD else 0

    def _size(self, event: Event, thing: Thing | None) -> int:
        """The same for a model, or a layer within it, that was cut up by then."""
        earlier = [model for wrap, model in self._cut if wrap.index < event.index]
        cut = thing is not None and any(_within(thing, model) for model in earlier)
        return largest(_base(thing)) if cut and thing is not None else 0


def _base(thing: Thing) -> Thing:
    """The model to which adapters were added: its layers are run with them."""
    made = maker(thing)
    adapted = made is not None and made.method == "get_peft_model" and made.positional
    return made.positional[0] if adapted and made is not None else thing


def _within(layer: Thing, model: Thing, deep: int = DEEPEST) -> bool:
    """It is the model, or held by it."""
    return layer is model or (deep > 0 and any(_within(layer, one, deep - 1) for one in held(model)))


def held(thing: Thing) -> tuple[Thing, ...]:
    """What a model or layer holds, of which some may be layers."""
    match thing:
        case ListObject():
            return thing.items
        case DictObject():
            return tuple(thing.entries.values())
        case Instance(cls=str(), made_by=made) if made is not None:
            return (*made.positional, *made.keywords.values())
        case Instance(cls=ClassObject()):
            return tuple(thing.attributes.values())
        case _:
            return ()


def largest(thing: Thing, deep: int = DEEPEST) -> int:
    """Elements that the largest parameter of a model surely has at least; 0 where nothing is known."""
    if pretrained(thing):
        return _PRETRAINED
    within = held(thing) if deep > 0 else ()
    return max((_elements(thing), *(largest(one, deep - 1) for one in within)))


def _elements(thing: Thing) -> int:
    """The size of a layer's own weight."""
    made = thing.made_by if isinstance(thing, Instance) and thing.cls in _TABLES else None
    given = [one for one in made.positional[:2] if isinstance(one, Value)] if made is not None else []
    sizes = [one.integer for one in given if one.integer is not None]
    return prod(sizes) if len(sizes) == 2 else 0
