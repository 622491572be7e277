"""Layers of a model that no code names: whether a script's programs ever read an attribute of an instance.

Asked of the syntax, not of the run: a forward pass may be left to code that was not read, and a name that stands
nowhere is read by nobody.  What goes over attributes without their names (`children()`, `getattr` with a name that is
put together) makes the answer unknown, and so does what may switch training off.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from dtlint.facts.script import (
    Assign,
    Attribute,
    Call,
    ClassDef,
    Comprehension,
    Constant,
    Expr,
    ExprStatement,
    For,
    FunctionDef,
    Lambda,
    Name,
    Return,
    ScriptProgram,
    Yield,
)
from dtlint.facts.syntax import inside, nodes_of
from dtlint.run.effects import TABLE, Effect
from dtlint.run.script.objects import ClassObject, Instance, ListObject, Thing
from dtlint.run.script.trace import ScriptRun
from dtlint.run.wrapping import BATCH_NORMS, CONTAINERS, DEEPEST, WITH_WEIGHTS
from dtlint.source import Span

_MODULE: Final = "torch.nn.Module"
_LIGHTNING: Final = "lightning.pytorch.LightningModule"
_NORMS: Final = {
    **dict.fromkeys((*BATCH_NORMS, "torch.nn.GroupNorm"), "affine"),
    "torch.nn.LayerNorm": "elementwise_affine",
}
_PARAMETERS: Final = frozenset(("torch.nn.Parameter", "torch.nn.parameter.Parameter"))
_ANY_MEMBER: Final = frozenset(
    (
        "__dict__", "__getattr__", "__getattribute__", "__setattr__", "_ddp_params_and_buffers_to_ignore", "_modules",
        "_parameters", "_set_params_and_buffers_to_ignore_for_model", "attrgetter", "children", "dir", "eval", "exec",
        "functional_call", "get_parameter", "get_submodule", "getmembers", "make_functional", "named_children",
        "register_parametrization", "requires_grad_", "vars",
    )
)  # fmt: skip
"""Names of what reads attributes without naming them, or changes what is trained."""
_GONE_OVER: Final = frozenset(("parameters", "named_parameters", "modules", "named_modules"))
_TAKERS: Final = frozenset(
    (
        "clip_grad_norm_",
        "clip_grad_value_",
        *(row.name.rpartition(".")[2] for row in TABLE if Effect.BUILDS_OPTIMIZER in row.effects),
    )
)
"""Who is given all parameters and uses none of them in a forward pass."""
_STORES: Final = frozenset(("append", "extend", "add", "insert", "update", "setdefault"))
_WORD: Final = re.compile(r"\w+")

_Visit = tuple[object, Span | None, str, bool]


def never_read(run: ScriptRun, model: Instance) -> Iterator[tuple[str, Span]]:
    """Attributes of the model, or of a module within, that hold trained layers and that surely nothing reads."""
    modules = [part for part in parts_of(model) if isinstance(part.cls, ClassObject)]
    if any(module.unseen or not _plain(module) for module in modules):
        return
    held = [(module, name, _layers(thing)) for module in modules for name, thing in module.attributes.items()]
    if not any(layers for _, _, layers in held):
        return
    uses = Uses.of(run.programs)
    if uses.unknown:
        return
    for module, name, trained in held:
        made = uses.only_made(module, name) if trained else None
        if made is None:
            continue
        # A layer that a function gives back may be one that somebody else was given before.
        layers = [layer for layer in trained if _made_in(layer, made)]
        others = {id(layer) for layer in parts_of(model, (module, name))}
        if layers and not any(id(layer) in others for layer in layers):
            yield name, made


def _layers(thing: Thing) -> list[Instance]:
    """The trained layers in it."""
    return [layer for layer in parts_of(thing) if _trained(layer)]


def _plain(module: Instance) -> bool:
    """Nothing but torch's own Module and its classes' bodies decides what it does."""
    if not isinstance(module.cls, ClassObject):
        return False
    definitions = [cls.definition for cls in module.cls.ancestry()]
    torch_alone = module.cls.outside() in ((_MODULE,), (_LIGHTNING,))
    return torch_alone and not any(one.decorators or one.keywords for one in definitions)


def parts_of(thing: Thing, without: tuple[Instance, str] | None = None, deep: int = DEEPEST) -> Iterator[Instance]:
    """Modules that are surely registered in it, itself first: attributes of modules, and what containers are given."""
    if deep == 0 or not isinstance(thing, Instance):
        return
    yield thing
    inside: list[Thing] = []
    if isinstance(thing.cls, ClassObject):
        left_out = without[1] if without is not None and thing is without[0] else None
        inside += [held for key, held in thing.attributes.items() if key != left_out]
    elif thing.cls in CONTAINERS and thing.made_by is not None:
        for held in thing.made_by.positional:
            inside += held.items if isinstance(held, ListObject) else (held,)
    for held in inside:
        yield from parts_of(held, without, deep - 1)


def _made_in(layer: Instance, statement: Span) -> bool:
    return layer.made_by is not None and layer.made_by.at.overlaps(statement)


def _trained(layer: Instance) -> bool:
    """It has parameters of its own that surely need gradients."""
    made = layer.made_by
    if made is None or not made.surely or made.open or not isinstance(layer.cls, str):
        return False
    if layer.cls in _PARAMETERS:
        return len(made.positional) == 1 and "requires_grad" not in made.keywords
    if layer.cls in _NORMS:
        return len(made.positional) <= 2 and _NORMS[layer.cls] not in made.keywords
    return layer.cls in WITH_WEIGHTS


class Uses:
    """Which attributes the programs name, and how."""

    def __init__(self) -> None:
        self.unknown = False
        self._elsewhere: set[str] = set()
        """Named in a text, or of anything but a method's own object."""
        self._own: dict[Span, Counter[str]] = {}
        """Named of the own object in a class's methods, by the class."""
        self._made: dict[tuple[Span, str], Assign] = {}
        self._fine: set[int] = set()

    @classmethod
    def of(cls, programs: Iterable[ScriptProgram]) -> Uses:
        """Of several programs together."""
        together = cls()
        for program in programs:
            one = cls._of_one(program)
            together.unknown |= one.unknown
            together._elsewhere |= one._elsewhere
            together._own |= one._own
            together._made |= one._made
        return together

    @classmethod
    def _of_one(cls, program: ScriptProgram) -> Uses:
        """Worked out once for all processes that run it: it depends on nothing else."""
        known = _KNOWN.get(id(program))
        if known is not None and known[0] is program:
            return known[1]
        uses = cls()
        uses.unknown = bool(program.problems)
        # Not by recursion: a long sum is nested as deeply as it has terms.
        pending: list[_Visit] = [(program.body, None, "", False)]
        while pending:
            pending += uses._visit(*pending.pop())
        _KNOWN[id(program)] = program, uses
        return uses

    def only_made(self, module: Instance, name: str) -> Span | None:
        """Where a method of its class makes the attribute, if nothing else names it."""
        assert isinstance(module.cls, ClassObject)
        places = [cls.definition.at for cls in module.cls.ancestry()]
        named = sum(self._own.get(place, Counter())[name] for place in places)
        made = [self._made[place, name] for place in places if (place, name) in self._made]
        return made[0].at if named == len(made) == 1 and name not in self._elsewhere else None

    def _visit(self, node: object, owner: Span | None, own: str, method: bool) -> Iterator[_Visit]:
        """Note what one node names, in a method of the class at `owner` that calls its object `own`; what is within."""
        match node:
            case ClassDef():
                yield from ((part, node.at, _own_name(part), True) for part in node.body)
                yield (*node.bases, *node.keywords, *node.decorators), None, "", False
                return
            case ExprStatement(value=Constant()):
                return
            case Assign(targets=targets):
                self._assigned(node, targets, owner, own)
            case For(iterable=Call(func=Attribute(name="modules" | "named_modules") as func)):
                # To give layers their first values changes nothing: as long as none of them is kept.
                if not any(_keeps(part, own) for part in nodes_of(node.body)):
                    self._fine.add(id(func))
            case Call(func=func, args=args, keywords=keywords):
                if _last(func) in ("getattr", "hasattr") and len(args) > 1 and not isinstance(args[1], Constant):
                    self.unknown = True
                if _last(func) in _TAKERS:
                    self._fine |= {id(part) for part in nodes_of((args, keywords)) if isinstance(part, Attribute)}
            case Comprehension(element=Call(func=Attribute(value=Name(), name="numel" | "nelement"))):
                self._fine |= {id(part) for part in nodes_of(node.loops) if isinstance(part, Attribute)}
            case Attribute(value=value, name=name):
                if owner is not None and isinstance(value, Name) and value.id == own:
                    self._own.setdefault(owner, Counter())[name] += 1
                else:
                    self._elsewhere.add(name)
                self.unknown |= name in _ANY_MEMBER or (name in _GONE_OVER and id(node) not in self._fine)
            case Name(id=name):
                self.unknown |= name in _ANY_MEMBER
            case FunctionDef(name=name):
                self.unknown |= name in _ANY_MEMBER
            case Constant(value=str(text)):
                words = _WORD.findall(text)
                self._elsewhere.update(words)
                self.unknown |= "requires_grad" in words
            case _:
                pass
        if isinstance(node, FunctionDef | Lambda) and own in [one.name for one in node.parameters] and not method:
            # A function within a method has an own object of that name.
            owner, own = None, ""
        yield from ((part, owner, own, False) for part in inside(node))

    def _assigned(self, node: Assign, targets: tuple[Expr, ...], owner: Span | None, own: str) -> None:
        for target in targets:
            if isinstance(target, Attribute):
                self.unknown |= target.name == "requires_grad"
                mine = owner is not None and isinstance(target.value, Name) and target.value.id == own
                if mine and len(targets) == 1 and isinstance(node.value, Call):
                    self._made[owner, target.name] = node  # type: ignore[index]


MOST_KNOWN: Final = 200
"""Programs of which the uses are kept from run to run: those of the next job are often the same."""
_KNOWN: Final[dict[int, tuple[ScriptProgram, Uses]]] = {}
"""By the identity of the program, which is kept so that no other one takes its place."""


def forget() -> None:
    """Let go of the programs of earlier runs, now and then."""
    if len(_KNOWN) > MOST_KNOWN:
        _KNOWN.clear()


def _own_name(part: object) -> str:
    """What a method calls its own object."""
    if not isinstance(part, FunctionDef) or not part.parameters:
        return ""
    return "" if any(_last(one) == "staticmethod" for one in part.decorators) else part.parameters[0].name


def _last(node: object) -> str:
    return node.name if isinstance(node, Attribute) else node.id if isinstance(node, Name) else ""


def _keeps(node: object, own: str) -> bool:
    """It may store or hand on a module that a loop goes over."""
    if isinstance(node, Name):
        return node.id == (own or "self")
    return isinstance(node, Yield | Return) or (isinstance(node, Attribute) and node.name in _STORES)
