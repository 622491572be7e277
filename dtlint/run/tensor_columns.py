"""Linear layers cut by columns that are given what another layer cut by columns computed.

`ColwiseParallel` takes whole inputs and gives each process its part of the outputs: a plain tensor, if it is made
without arguments (torch/distributed/tensor/parallel/style.py).  Two of them behind each other raise "a and b must have
same reduction dim" in the first forward pass (seen with torch 2.13 and gloo).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dtlint.facts.script import Attribute, Call, Expr, Name, Operation
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.script.objects import ClassObject, FunctionObject, Thing, as_value, maker
from dtlint.run.script.trace import ScriptRun
from dtlint.run.tensor_shards import Cut, always, assigned, cuts
from dtlint.source import Span
from dtlint.value import Value

_POINTWISE: Final = frozenset(
    (
        "celu", "dropout", "elu", "gelu", "hardswish", "leaky_relu", "mish", "relu", "relu6", "selu", "sigmoid", "silu",
        "softplus", "tanh",
    )
)  # fmt: skip
"""Functions and methods that work on each number by itself: what they give has the shape of what they are given."""
_LAYERS: Final = frozenset(
    f"torch.nn.{name}"
    for name in (
        "CELU", "Dropout", "ELU", "GELU", "Hardswish", "LeakyReLU", "Mish", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid",
        "Softplus", "Tanh",
    )
)  # fmt: skip
_DEEPEST: Final = 8


@record(eq=False)
class Behind:
    """A layer that wants whole inputs and is given the part of one process."""

    first: Cut
    second: Cut
    inputs: Value
    part: int
    """Outputs of the first layer that a process has."""
    at: Span
    """Where the forward pass calls the second layer."""


def columns_behind(run: ScriptRun) -> Iterator[Behind]:
    """One for each pair of styles."""
    told: set[object] = set()
    found = list(cuts(run))
    for second in found:
        inputs = second.made.given(0, "in_features")
        count = as_value(inputs).integer if inputs is not None else None
        for first in found:
            outputs, degree = first.outputs.integer, first.degree.integer
            together = first.owner is second.owner and first.event is second.event and first.name != second.name
            if not together or inputs is None or (first.style.at, second.style.at, first.name) in told:
                continue
            if outputs is None or degree is None or degree < 2 or count is None:
                continue
            part = -(-outputs // degree)
            if part == count:
                continue
            at = _given(second, first)
            if at is not None:
                told.add((first.style.at, second.style.at, first.name))
                yield Behind(first, second, as_value(inputs), part, at)


def _given(second: Cut, first: Cut) -> Span | None:
    """Where each forward pass of their module hands the outputs of the first to the second."""
    owner = second.owner
    forward = owner.cls.lookup("forward") if isinstance(owner.cls, ClassObject) else None
    if not isinstance(forward, FunctionObject) or not forward.parameters or forward.generator:
        return None
    own = forward.parameters[0].name
    nodes = list(nodes_of(forward.body))
    for node in nodes_of(always(forward)):
        match node:
            case Call(args=(given,)) if _calls(node, own, second.name):
                if _comes_from(given, first, own, nodes, _DEEPEST):
                    return node.at
            case _:
                pass
    return None


def _comes_from(node: Expr, first: Cut, own: str, nodes: Sequence[object], deep: int) -> bool:
    """It is what the first layer gave, be it that each number was worked on by itself."""
    if deep == 0:
        return False
    match node:
        case Call() if _calls(node, own, first.name):
            return True
        case Call(func=Attribute(value=Name(id=of), name=name), args=(given,)) if of == own:
            return _pointwise(first.owner.attributes.get(name)) and _comes_from(given, first, own, nodes, deep - 1)
        case Call(func=Attribute(value=source, name=name), args=()) if name in _POINTWISE:
            return _comes_from(source, first, own, nodes, deep - 1)
        case Call(func=Attribute(name=name) | Name(id=name), args=(given, *_)) if name in _POINTWISE:
            return _comes_from(given, first, own, nodes, deep - 1)
        case Operation(operator="*" | "+" | "-" | "/", operands=(left, right)):
            # What stands beside it has the same shape, or is spread to it.
            return any(_comes_from(one, first, own, nodes, deep - 1) for one in (left, right))
        case Name(id=name):
            before = [value for at, value in assigned(name, list(nodes)) if at.end <= node.at.start]
            one = before[0] if len(before) == 1 else None
            return one is not None and _comes_from(one, first, own, nodes, deep - 1)
        case _:
            return False


def _pointwise(layer: Thing | None) -> bool:
    made = maker(layer)
    return made is not None and made.name in _LAYERS


def _calls(node: object, own: str, name: str) -> bool:
    """`self.name(…)`."""
    match node:
        case Call(func=Attribute(value=Name(id=of), name=called)):
            return of == own and called == name
        case _:
            return False
