"""Linear layers that torch's tensor parallelism cuts by columns, and the shapes that a forward pass wants of the parts.

`ColwiseParallel` deals the outputs of a layer out to the processes of the mesh and, as it is made without arguments,
gives the forward pass this process's part as a plain tensor (torch/distributed/tensor/parallel/style.py).  The parts
are those of `torch.chunk`: the last ones may be smaller.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import (
    Assign,
    Attribute,
    AugAssign,
    Call,
    Constant,
    Expr,
    ExprStatement,
    Name,
    Operation,
    Return,
    Sequence,
    Stmt,
)
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.script.objects import (
    ClassObject,
    DictObject,
    FunctionObject,
    Instance,
    ListObject,
    Thing,
    Unread,
    as_value,
)
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.source import Span
from dtlint.value import Value, known

PARALLELIZE: Final = "torch.distributed.tensor.parallel.parallelize_module"
_COLUMNS: Final = "torch.distributed.tensor.parallel.ColwiseParallel"
_MESH: Final = "torch.distributed.device_mesh.init_device_mesh"
_LINEAR: Final = "torch.nn.Linear"
_LISTS: Final = ("torch.nn.ModuleList", "torch.nn.Sequential")
_SHAPES: Final = ("view", "reshape")
_MOST: Final = 64
"""Modules of a list that are looked at."""


@record(eq=False)
class Cut:
    """A layer whose outputs are dealt out, in the module that uses it."""

    event: Event
    """The call of `parallelize_module`."""
    owner: Instance
    name: str
    """The attribute under which the owner has the layer."""
    made: Event
    style: Event
    """The call of `ColwiseParallel`."""
    outputs: Value
    degree: Value


@record(eq=False)
class Misfit:
    """A part of a layer's outputs, and the shape that does not hold it."""

    cut: Cut
    part: int
    heads: int | None
    """How many the forward pass expects; None where it takes as many as there are."""
    size: Value
    """Outputs of one head."""
    at: Span


def misfits(run: ScriptRun) -> Iterator[Misfit]:
    """Parts that the forward pass cannot view as whole heads, the first layer of each class."""
    told: set[object] = set()
    for cut in cuts(run):
        outputs, degree = cut.outputs.integer, cut.degree.integer
        if not outputs or degree is None or degree < 2 or _kind(cut) in told:
            continue
        if _set_from_outside(run) & cut.owner.attributes.keys():
            continue
        for heads, size, at in _views(cut.owner, cut.name):
            wanted = size.integer
            wrong = [
                part
                for part in _parts(outputs, degree)
                if wanted and (part % wanted if heads is None else part != heads * wanted)
            ]
            if wrong:
                told.add(_kind(cut))
                yield Misfit(cut, wrong[0], heads, size, at)
                break


def _set_from_outside(run: ScriptRun) -> set[str]:
    """Numbers that code gives to modules which it goes over, as `layer.attention.heads //= degree` does."""
    given: set[str] = set()
    for program in run.programs:
        for node in nodes_of(program.body):
            match node:
                case Assign(targets=targets):
                    given.update(one.name for one in targets if isinstance(one, Attribute) and not _own(one.value))
                case AugAssign(target=Attribute(value=owner, name=name)) if not _own(owner):
                    given.add(name)
                case _:
                    pass
    return given


def _own(owner: Expr) -> bool:
    return isinstance(owner, Name) and owner.id in ("self", "cls")


def _kind(cut: Cut) -> object:
    return cut.event.at, cut.owner.cls.definition.at if isinstance(cut.owner.cls, ClassObject) else cut.owner.cls


def _parts(outputs: int, degree: int) -> tuple[int, ...]:
    """As `torch.chunk` cuts them: the largest, and the last one that is smaller."""
    whole = -(-outputs // degree)
    rest = outputs % whole
    return (whole, rest) if rest else (whole,)


# -- which layers are cut


def cuts(run: ScriptRun) -> Iterator[Cut]:
    for event in run.called(PARALLELIZE):
        plan, degree = event.thing("parallelize_plan"), degree_of(event.thing("device_mesh"))
        if not event.surely or event.open or degree is None or not isinstance(plan, DictObject) or not plan.complete:
            continue
        for path, style in plan.entries.items():
            columns = _plain(style)
            if columns is None or not isinstance(path, str):
                continue
            *way, name = path.split(".")
            for root in _modules(event.thing("module")):
                for owner in _behind(root, way):
                    made = _linear(owner.attributes.get(name))
                    outputs = made.given(1, "out_features") if made is not None else None
                    if made is not None and outputs is not None and not owner.unseen:
                        yield Cut(event, owner, name, made, columns, as_value(outputs), degree)


def _plain(style: Thing) -> Event | None:
    made = style.made_by if isinstance(style, Instance) and style.cls == _COLUMNS else None
    return made if made is not None and not made.open and not made.positional and not made.keywords else None


def _linear(thing: Thing | None) -> Event | None:
    made = thing.made_by if isinstance(thing, Instance) and thing.cls == _LINEAR else None
    return made if made is not None and not made.open else None


def degree_of(mesh: Thing | None) -> Value | None:
    """Processes in a mesh of one dimension, or in one dimension of a mesh."""
    key = mesh.key if isinstance(mesh, Unread) and isinstance(mesh.part_of, Instance) else None
    whole = mesh.part_of if isinstance(mesh, Unread) else mesh
    made = whole.made_by if isinstance(whole, Instance) else None
    if made is None or made.name != _MESH or made.open:
        return None
    shape = made.thing("mesh_shape")
    if not isinstance(shape, ListObject) or not shape.complete:
        return None
    sizes = [as_value(item) for item in shape.items]
    if mesh is whole:
        return sizes[0].as_int() if len(sizes) == 1 else None
    names = as_value(made.thing("mesh_dim_names") or ListObject("list", shape.cell))
    for index, size in enumerate(sizes):
        if key is not None and key.string is not None and names.item(index).string == key.string:
            return size.as_int()
    return None


def _modules(thing: Thing | None) -> list[Instance]:
    """The module, or those for one of which it stands in a loop over a list of modules."""
    if isinstance(thing, Instance):
        return [thing]
    made = thing.made_by if isinstance(thing, Unread) and thing.part_of is None else None
    return _listed(made) if made is not None and made.name in _LISTS else []


def _listed(made: Event) -> list[Instance]:
    given = [item for held in made.positional for item in (held.items if isinstance(held, ListObject) else (held,))]
    modules = [item for item in given if isinstance(item, Instance)]
    return modules[:_MOST] if len(modules) == len(given) else []


def _behind(root: Instance, way: list[str]) -> list[Instance]:
    """Modules at a path of attributes, in which `*` stands for all items of a list."""
    found = [root]
    for step in way:
        following: list[Instance] = []
        for module in found:
            if isinstance(module.cls, str):
                items = _listed(module.made_by) if module.cls in _LISTS and module.made_by is not None else []
                following += items if step == "*" else items[int(step) : int(step) + 1] if step.isdigit() else []
            else:
                held = module.attributes.get(step)
                following += [held] if isinstance(held, Instance) else []
        found = following[:_MOST]
    return found


# -- how the forward pass takes their outputs


def _views(owner: Instance, name: str) -> Iterator[tuple[int | None, Value, Span]]:
    """Shapes `(…, heads, size)` that the forward pass gives to what the layer computed; heads of None for `-1`."""
    forward = owner.cls.lookup("forward") if isinstance(owner.cls, ClassObject) else None
    if not isinstance(forward, FunctionObject) or not forward.parameters:
        return
    own = forward.parameters[0].name
    nodes = list(nodes_of(forward.body))
    for node in nodes_of(always(forward)):
        match node:
            case Call(func=Attribute(value=source, name=method), args=args, keywords=()) if method in _SHAPES:
                if _computed(source, own, name, nodes):
                    yield from _shape(args, owner, own, node.at)
            case Call(func=Attribute(value=Name(id=of), name=method), args=(given,), keywords=()) if of == own:
                if _computed(given, own, name, nodes):
                    yield from _within(method, owner)
            case _:
                pass


def always(function: FunctionObject) -> tuple[Stmt, ...]:
    """Statements that every call comes to."""
    return tuple(statement for statement in function.body if isinstance(statement, Assign | ExprStatement | Return))


def _within(method: str, owner: Instance) -> Iterator[tuple[int | None, Value, Span]]:
    """The same of a method of the owner that is given the outputs."""
    function = owner.cls.lookup(method) if isinstance(owner.cls, ClassObject) else None
    if not isinstance(function, FunctionObject) or len(function.parameters) != 2 or function.marks:
        return
    own, given = (parameter.name for parameter in function.parameters)
    if list(assigned(given, list(nodes_of(function.body)))):
        return
    for node in nodes_of(always(function)):
        match node:
            case Call(func=Attribute(value=Name(id=of), name=name), args=args, keywords=()) if name in _SHAPES:
                if of == given:
                    yield from _shape(args, owner, own, node.at)
            case _:
                pass


def _shape(args: tuple[Expr, ...], owner: Instance, own: str, at: Span) -> Iterator[tuple[int | None, Value, Span]]:
    dims = args[0].items if len(args) == 1 and isinstance(args[0], Sequence) else args
    size = _number(dims[-1], owner, own) if len(dims) == 4 else None
    named = _number(dims[-2], owner, own) if size is not None else None
    heads = named.integer if named is not None else None
    if size is None or heads is None:
        return
    # With all heads named, `-1` in front takes what is left: too few outputs make the sequence shorter, silently.
    if all(isinstance(dim, Name) or (heads != -1 and _is_rest(dim)) for dim in dims[:-2]):
        yield None if heads == -1 else heads, size, at


def _is_rest(dim: Expr) -> bool:
    match dim:
        case Constant(value=-1) | Operation(operator="-", operands=(Constant(value=1),)):
            return True
        case _:
            return False


def _computed(source: Expr, own: str, name: str, nodes: list[object]) -> bool:
    """It is `self.name(…)`, or a variable to which nothing else was given before."""
    if isinstance(source, Call):
        func = source.func
        return isinstance(func, Attribute) and func.name == name and func.value == Name(own, func.value.at)
    if not isinstance(source, Name):
        return False
    given = [value for at, value in assigned(source.id, nodes) if at.end <= source.at.start]
    return len(given) == 1 and isinstance(given[0], Call) and _computed(given[0], own, name, nodes)


def assigned(variable: str, nodes: list[object]) -> Iterator[tuple[Span, Expr | None]]:
    """What the function gives to the variable; None where that is not told by the statement."""
    for node in nodes:
        if not isinstance(node, Assign):
            continue
        for target in node.targets:
            if isinstance(target, Name) and target.id == variable:
                yield node.at, node.value
            elif isinstance(target, Sequence):
                together = node.value.items if isinstance(node.value, Sequence) else ()
                for index, one in enumerate(target.items):
                    if isinstance(one, Name) and one.id == variable:
                        yield node.at, together[index] if len(together) == len(target.items) else None


def _number(node: Expr, owner: Instance, own: str) -> Value | None:
    """A literal, an attribute of the module, or a quotient or product of such."""
    match node:
        case Constant():
            return known(node.value)
        case Attribute(value=Name(id=of), name=name) if of == own:
            held = owner.attributes.get(name)
            return held if isinstance(held, Value) and held.integer is not None else None
        case Operation(operator="-", operands=(Constant() as one,)):
            return -known(one.value)
        case Operation(operator="//" | "*" as operator, operands=(left, right)):
            first, second = _number(left, owner, own), _number(right, owner, own)
            if first is None or second is None:
                return None
            return first * second if operator == "*" else first // second
        case _:
            return None
