"""Frozen and trained parameters that FullyShardedDataParallel would make one flat parameter of.

`_validate_tensors_to_flatten` of torch/distributed/fsdp/_flat_param.py raises "Must flatten tensors with uniform
`requires_grad` when `use_orig_params=False`".  A module is one unit with all that its `auto_wrap_policy` does not wrap
by itself.  Seen with torch 2.13 and gloo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Final

from dtlint.facts.script import Assign, Attribute, Call, Constant, For, If, Name, Sequence, Stmt
from dtlint.facts.syntax import nodes_of
from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.effects.ready_made import ready_made
from dtlint.run.freezing import looped_flags, switches
from dtlint.run.launched_fsdp import fsdp_setting
from dtlint.run.scaling import ACCELERATOR
from dtlint.run.script.objects import (
    ClassObject,
    External,
    ExternalMethod,
    Instance,
    ListObject,
    Partial,
    Thing,
    maker,
)
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import CONTAINERS, DEEPEST, FSDP, WITH_WEIGHTS
from dtlint.source import Span
from dtlint.value import Value, absent

_FLAG: Final = "requires_grad"
_PEFT: Final = "peft.get_peft_model"
_ADAPTERS: Final = re.compile(r"peft\.(?:tuners\.)?(?:\w+\.)*\w*(?:Lora|LoHa|LoKr|IA3|OFT|BOFT|VeRA)\w*Config")
_WITHIN_LAYERS: Final = re.compile(r"lora|adapter", re.IGNORECASE)
_BY_CLASS: Final = re.compile(
    r"torch\.distributed\.fsdp\.wrap\.(?:transformer_auto_wrap_policy|ModuleWrapPolicy)"
)
"""Policies that wrap whole layers of a model: an adapter stays in the unit of its layer."""
_LAYERS: Final = re.compile(r"(?:Layer|Block)\s*\Z")
"""Names of classes that hold several projections, in which adapters are."""
_PARTS_APART: Final = ("torchvision.", "timm.")
"""Libraries whose models share no weights between their parts."""


@record(eq=False)
class MixedUnit:
    wrap: Event
    place: Event | Span
    """Where one part is frozen, or the other added."""
    how: str
    told: Value = field(default_factory=absent)
    """What says that the parameters are not to be kept apart, where it is said elsewhere."""


def mixed_units(run: ScriptRun) -> Iterator[MixedUnit]:
    """Calls of FSDP that surely get, in one unit, parameters of both kinds."""
    for wrap in run.called(FSDP):
        orig = wrap.argument("use_orig_params")
        module = wrap.thing("module")
        plain = orig.is_absent or (orig.known and orig.constant is False)
        left = any(wrap.thing(name) is not None for name in ("ignored_modules", "ignored_states"))
        policy = _policy(wrap)
        if not plain or module is None or wrap.open or wrap.caught or left or not policy:
            continue
        found = _adapted(run, wrap, module) or _by_name(run, wrap, module, policy)
        if found is None and policy == "none" and isinstance(module, Instance):
            found = _by_part(run, wrap, module)
        if found is not None:
            yield found


def prepared_units(process: Process) -> Iterator[MixedUnit]:
    """The same of the calls in which accelerate wraps the model, by what its launch is told of FSDP.

    `prepare_model` of accelerate/accelerator.py hands `use_orig_params` and the policy on to FSDP; the Trainer takes a
    policy of peft's for adapters, and scripts may do so too.
    """
    told, version = fsdp_setting(process, "use_orig_params"), fsdp_setting(process, "version").as_int()
    run = process.run
    switched_off = told.known and str(told.constant).lower() == "false" and not (version > 1).sometimes
    if run is None or not switched_off or not _in_layers(process) or _has_own_plugin(run):
        return
    for wrap in run.called(f"{ACCELERATOR}.prepare", f"{ACCELERATOR}.prepare_model"):
        for module in () if wrap.open or wrap.caught else wrap.positional:
            found = _adapted(run, wrap, module)
            if found is not None:
                yield MixedUnit(wrap, found.place, found.how, told)
                return


def _in_layers(process: Process) -> bool:
    """Whole layers are units, in which adapters are, or the whole model is one."""
    policy = (fsdp_setting(process, "auto_wrap_policy").string or "").upper()
    names = fsdp_setting(process, "transformer_layer_cls_to_wrap").string or ""
    by_class = policy == "TRANSFORMER_BASED_WRAP" and all(map(_LAYERS.search, names.split(",")))
    return by_class or policy == "NO_WRAP"


def _has_own_plugin(run: ScriptRun) -> bool:
    """The script tells accelerate itself of FSDP, or may do so."""
    made = list(run.called(ACCELERATOR))
    if not made or run.sets_unknown_names or any(write.name.startswith("FSDP_") for write in run.writes):
        return True
    if any(event.open or event.thing("fsdp_plugin") is not None for event in made):
        return True
    for program in run.programs:
        for node in nodes_of(program.body):
            word = node.name if isinstance(node, Attribute) else node.id if isinstance(node, Name) else ""
            text = node.value if isinstance(node, Constant) and isinstance(node.value, str) else word
            if "fsdp_plugin" in text or "wrap_policy" in text:
                return True
    return False


def _policy(wrap: Event) -> str:
    """`none`, or `layers` where whole layers are wrapped by themselves; empty where that is not known."""
    given = wrap.thing("auto_wrap_policy")
    if given is None or (isinstance(given, Value) and given.known and given.constant is None):
        return "none"
    if isinstance(given, Partial):
        given = given.function
    made = maker(given)
    if made is not None and made.name == "functools.partial" and made.positional:
        given = made.positional[0]
    name = given.name if isinstance(given, External) else given.cls if isinstance(given, Instance) else ""
    return "layers" if isinstance(name, str) and _BY_CLASS.fullmatch(name) else ""


# -- adapters of a library


def _adapted(run: ScriptRun, wrap: Event, module: Thing) -> MixedUnit | None:
    """`get_peft_model` freezes all that was there, and puts layers that are trained into those of the model."""
    made = maker(module)
    if made is None or made.name != _PEFT or made.result is not module or not made.surely or _flags(run):
        return None
    config = made.given(1, "peft_config")
    told = maker(config)
    if told is None or not _ADAPTERS.fullmatch(told.name) or any(one.method == "requires_grad_" for one in run.events):
        return None
    return MixedUnit(wrap, made, f"{told.method} adds what is trained to what is frozen")


# -- by the names of parameters


def _by_name(run: ScriptRun, wrap: Event, module: Thing, policy: str) -> MixedUnit | None:
    """`for name, p in module.named_parameters(): p.requires_grad = "lora" in name`."""
    flags, loops = _flags(run), list(_name_loops(run))
    if len(loops) != 1 or flags != 1 or any(one.method == "requires_grad_" for one in run.events):
        return None
    call, texts = loops[0]
    asked = next((event for event in run.events if event.at == call), None)
    if asked is None or asked.index > wrap.index or not asked.surely or asked.receiver is not module:
        return None
    inside = any(_WITHIN_LAYERS.search(text) for text in texts) or _beside_others(run, texts)
    if policy == "layers" and not inside:
        return None
    return MixedUnit(wrap, asked, "a loop freezes some by their names")


def _flags(run: ScriptRun) -> int:
    """Statements that set `requires_grad`."""
    return sum(
        isinstance(node, Assign) and any(isinstance(one, Attribute) and one.name == _FLAG for one in node.targets)
        for program in run.programs
        for node in nodes_of(program.body)
    )


def _name_loops(run: ScriptRun) -> Iterator[tuple[Span, tuple[str, ...]]]:
    """Loops that set the flag of each parameter by a question to its name, with the texts that are looked for."""
    for program in run.programs:
        for node in nodes_of(program.body):
            match node:
                case For(
                    target=Sequence(items=(Name(id=name), Name(id=each))),
                    iterable=Call(func=Attribute(name="named_parameters")) as call,
                    body=body,
                ):
                    asked = _asked(body, name, each)
                    if asked is not None:
                        yield call.at, asked
                case _:
                    pass


def _asked(body: tuple[Stmt, ...], name: str, each: str) -> tuple[str, ...] | None:
    """The texts in the question by which the flag is set; None where it is not set by the name alone."""
    match body:
        case (Assign(targets=(Attribute(value=Name(id=owner), name=flag),), value=question),):
            pass
        case (If(test=question, body=(Assign(targets=(Attribute(value=Name(id=owner), name=flag),), value=Constant()),),
                 otherwise=()),):  # fmt: skip
            pass
        case _:
            return None
    nodes = list(nodes_of(question))
    names = {node.id for node in nodes if isinstance(node, Name)}
    texts = tuple(node.value for node in nodes if isinstance(node, Constant) and isinstance(node.value, str))
    return texts if (owner, flag) == (each, _FLAG) and names == {name} and texts else None


def _beside_others(run: ScriptRun, texts: tuple[str, ...]) -> bool:
    """A module of the workspace has parameters of these names beside a layer: `self.base`, `self.a`."""
    wanted = {text.strip(".").rpartition(".")[2] for text in texts}
    for program in run.programs:
        for node in nodes_of(program.body):
            match node:
                case Assign(targets=(Attribute(value=Name(), name=name),), value=Call(func=func)) if name in wanted:
                    last = func.name if isinstance(func, Attribute) else func.id if isinstance(func, Name) else ""
                    if last == "Parameter":
                        return True
                case _:
                    pass
    return False


# -- part by part


def _by_part(run: ScriptRun, wrap: Event, module: Instance) -> MixedUnit | None:
    """Layers of the module that were frozen by then, and others that were not."""
    switched = looped_flags(run)
    if switched is None:
        return None
    events = [one for one in run.events if one.method == "requires_grad_" or one.at in switched]
    told = [(one, switches(one, switched)) for one in events if one.index < wrap.index]
    if not told or any(on is None or not one.surely or one.open for one, on in told):
        return None
    states: dict[int, bool] = {}
    last: Event | None = None
    for layer in _weighty(module):
        trained = True
        for one, on in told:
            made = layer.made_by
            if made is not None and made.index < one.index and _holds(one.receiver, layer):
                trained = bool(on)
                last = last if on else one
            elif _part_of(one.receiver) is layer and bool(on) != trained:
                apart = isinstance(layer.cls, str) and layer.cls.startswith(_PARTS_APART)
                if on or apart:
                    return MixedUnit(wrap, one, "a part of it is set apart here")
        states[id(layer)] = trained
    if len(set(states.values())) < 2 or last is None:
        return None
    return MixedUnit(wrap, last, "a part of it is frozen here")


def _weighty(thing: Thing, deep: int = DEEPEST) -> Iterator[Instance]:
    """Layers with parameters of their own, and whole models of libraries, that are surely registered in it."""
    if deep == 0 or not isinstance(thing, Instance):
        return
    inside: list[Thing] = [*thing.attributes.values()]
    if isinstance(thing.cls, str):
        if thing.cls in WITH_WEIGHTS or ready_made(thing.cls):
            yield thing
        elif thing.cls not in CONTAINERS:
            return
        if thing.cls in CONTAINERS and thing.made_by is not None:
            for held in thing.made_by.positional:
                inside += held.items if isinstance(held, ListObject) else (held,)
    elif not isinstance(thing.cls, ClassObject):
        return
    for one in inside:
        yield from _weighty(one, deep - 1)


def _holds(receiver: Thing | None, layer: Instance) -> bool:
    return receiver is not None and any(one is layer for one in _weighty(receiver))


def _part_of(receiver: Thing | None) -> Thing | None:
    """The model of a library of which it is an attribute."""
    while isinstance(receiver, ExternalMethod):
        receiver = receiver.receiver
    return receiver
