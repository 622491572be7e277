"""Losses that are computed from what a collective gathered alone: no gradient goes back through it.

`torch.distributed.all_gather` fills tensors in place, outside of autograd, accelerate's `gather` is made of it
(accelerate/utils/operations.py), and so is Lightning's `all_gather` unless it is told `sync_grads=True`
(lightning/pytorch/core/module.py).  Seen with torch 2.13 and gloo.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Assign, Attribute, Call, Expr, Name, Subscript
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.script.loops import STRATEGY
from dtlint.run.script.objects import Either, External, ExternalMethod, Instance, ListObject, Thing, Unread, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.steps import without_gradients
from dtlint.run.wrapping import WITHOUT_WEIGHTS
from dtlint.value import Value

_INTO: Final = {
    "torch.distributed.all_gather": ("tensor_list", "tensor"),
    "torch.distributed.all_gather_into_tensor": ("output_tensor", "input_tensor"),
    "torch.distributed._all_gather_base": ("output_tensor", "input_tensor"),
}
"""Collectives that fill what they are given: where, and with what."""
_GIVES: Final = ("accelerate.Accelerator.gather", "lightning.pytorch.LightningModule.all_gather",
                 "lightning.fabric.Fabric.all_gather")  # fmt: skip
_WITHOUT: Final = frozenset(("detach", "item", "tolist", "numpy", "argmax", "argmin", "size", "numel"))
_NO_TENSORS: Final = frozenset(("shape", "device", "dtype", "ndim"))
_PARAMETERS: Final = frozenset(("torch.nn.Parameter", "torch.nn.parameter.Parameter"))
_DATA: Final = frozenset(("torch.utils.data.DataLoader", "torch.load"))
_FRESH: Final = frozenset(f"torch.{name}" for name in ("arange", "empty", "eye", "full", "ones", "tensor", "zeros"))
_DEEPEST: Final = 60


@record(eq=False)
class CutGradients:
    backward: Event
    gathering: Event
    layer: Event
    """A layer whose outcome was gathered."""


def cut_gradients(run: ScriptRun) -> Iterator[CutGradients]:
    """The first backward pass from which no way leads back to a layer but through a gathering."""
    filled = {id(event.thing(_INTO[event.name][0])): event for event in run.called(*_INTO)}
    if not filled and not any(run.called(*_GIVES)):
        return
    for backward in (*run.effects(Effect.BACKWARD), *run.called(f"{STRATEGY}.backward")):
        loss = backward.positional[0] if backward.positional else backward.receiver
        if loss is None or not backward.surely or backward.open:
            continue
        ways = _Ways(filled)
        ways.back(loss)
        if ways.unknown or ways.layers or not ways.gatherings:
            continue
        for gathering in ways.gatherings:
            before = _Ways(filled)
            before.back(_input(gathering))
            if before.layers and not before.unknown and not _put_back(run, gathering):
                yield CutGradients(backward, gathering, before.layers[0])
                return


def _input(gathering: Event) -> Thing | None:
    if gathering.name in _INTO:
        return gathering.thing(_INTO[gathering.name][1])
    return gathering.positional[0] if gathering.positional else None


class _Ways:
    """Where the ways lead that gradients take back from a thing."""

    def __init__(self, filled: dict[int, Event]) -> None:
        self.filled = filled
        self.layers: list[Event] = []
        self.gatherings: list[Event] = []
        self.unknown = False
        self._cut = False
        """What is gone through was computed without gradients: only gatherings are of interest in it."""
        self._seen: set[int] = set()

    def back(self, thing: Thing | None, deep: int = _DEEPEST) -> None:
        if thing is None or deep == 0:
            self.unknown = True
            return
        if isinstance(thing, Value | External) or id(thing) in self._seen:
            return
        self._seen.add(id(thing))
        if id(thing) in self.filled:
            self.gatherings.append(self.filled[id(thing)])
            return
        match thing:
            case ListObject():
                self.unknown |= thing.unseen or (not thing.complete and not thing.items)
                self._all(thing.items, deep)
            case Either():
                self._all(tuple(thing.alternatives()), deep)
            case ExternalMethod(receiver=receiver, method=method):
                if method not in _NO_TENSORS and method != "data":
                    self.back(receiver, deep - 1)
            case Unread():
                self._of_unread(thing, deep)
            case Instance() if thing.cls in _PARAMETERS:
                pass
            case _:
                self.unknown = True

    def _all(self, things: tuple[Thing, ...], deep: int) -> None:
        for one in things:
            self.back(one, deep - 1)

    def _of_unread(self, thing: Unread, deep: int) -> None:
        made = thing.made_by
        # Numbers computed from sizes have no gradient, whatever code has them.
        if made is not None and (made.name in _FRESH or made.method in _WITHOUT):
            return
        if thing.unseen:
            self.unknown = True
        elif thing.operands:
            self._all(thing.operands, deep)
        elif thing.part_of is not None and (made is None or made.result is not thing):
            self.back(thing.part_of, deep - 1)
        elif made is None:
            self.unknown = True
        elif without_gradients(made) and not self._cut:
            known, self._cut = self.unknown, True
            self._of_call(made, deep)
            self.unknown, self._cut = known, False
        elif made.name not in _DATA:
            self._of_call(made, deep)

    def _of_call(self, made: Event, deep: int) -> None:
        given = (*made.positional, *made.keywords.values())
        if made.open:
            self.unknown = True
        elif made.name in _GIVES:
            told = made.keywords.get("sync_grads")
            if told is None or as_value(told).constant is False:
                self.gatherings.append(made)
            else:
                self.unknown = True
        elif made.method == "__call__":
            if isinstance(made.receiver, Instance) and made.receiver.cls in WITHOUT_WEIGHTS:
                self._all(given, deep)
            elif not self._cut:
                self.layers.append(made)
        elif made.receiver is not None:
            # A method of a tensor, or of what scales a loss.
            scales = made.method == "scale" and isinstance(made.receiver, Instance)
            self._all(given if scales else (made.receiver, *given), deep)
        elif made.name.startswith("torch.") and not made.name.startswith("torch.distributed."):
            self._all(given, deep)
        else:
            self.unknown = True


def _put_back(run: ScriptRun, gathering: Event) -> bool:
    """An item of something that a name stands for is set, such as the own part of what was gathered."""
    names = {_root(node.args[0]) for program in run.programs for node in nodes_of(program.body)
             if isinstance(node, Call) and node.at == gathering.at and node.args}  # fmt: skip
    for program in run.programs:
        for node in nodes_of(program.body):
            if not isinstance(node, Assign):
                continue
            for target in node.targets:
                if isinstance(target, Subscript) and (_root(target.value) in names or _by_rank(target.index)):
                    return True
    return False


def _root(node: Expr) -> str:
    return node.id if isinstance(node, Name) else node.name if isinstance(node, Attribute) else ""


def _by_rank(index: Expr) -> bool:
    """`gathered[rank]`, `all_[dist.get_rank()]`."""
    words = (_root(part) for part in nodes_of(index) if isinstance(part, Name | Attribute))
    return any("rank" in word or "index" in word for word in words)
