"""What a name in a running script may stand for: a Value, or an object with an identity.

Objects are compared with `is`.  What can change (attributes, items, entries) is held in plain dicts, and changed only
through the heap, which remembers the old content so that both sides of an undecided branch can be tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

from dtlint.facts.script import ClassDef, Expr, Parameter, Stmt
from dtlint.record import record
from dtlint.source import Span
from dtlint.value import (
    Const,
    Fields,
    Items,
    Kind,
    Reach,
    Scalar,
    Term,
    Text,
    Trail,
    Value,
    either,
    fields,
    items,
    known,
    unknown,
)

if TYPE_CHECKING:
    from dtlint.run.script.trace import Event


@dataclass(eq=False, slots=True)
class Object:
    """Anything that is not a plain value."""

    unseen: bool = field(default=False, init=False)
    """It was handed to code that was not read, which may have changed it or called it."""
    serial: int = field(default_factory=count().__next__, init=False)
    """Tells it from every other object, also from one that is gone."""


Thing = Value | Object


@dataclass(eq=False, slots=True)
class Frame:
    """The names of one running function, class body or module."""

    names: dict[str, Thing]
    module: ModuleObject
    outer: Frame | None = None
    """The enclosing function's names."""
    elsewhere: dict[str, dict[str, Thing]] = field(default_factory=dict)
    """`global` and `nonlocal` names, and the dict that really holds them."""
    function: FunctionObject | None = None
    receiver: Thing | None = None
    """The first argument of a method, for `super()`."""
    yields: Callable[[Thing], Thing] | None = None
    """What a `yield` does."""


@dataclass(eq=False, slots=True)
class ModuleObject(Object):
    """A module of the workspace."""

    name: str
    path: str
    names: dict[str, Thing] = field(default_factory=dict)
    state: str = "new"
    """new, running or done."""
    stars: list[External] = field(default_factory=list)
    """Modules outside the workspace from which it imports `*`."""


@dataclass(eq=False, slots=True)
class Deferred(Object):
    """A name imported from a module that runs only when somebody needs it."""

    module: ModuleObject
    name: str


@dataclass(eq=False, slots=True)
class External(Object):
    """A module, class, function or constant outside the workspace, by its canonical dotted name."""

    name: str


@dataclass(eq=False, slots=True)
class FunctionObject(Object):
    """A `def` or a lambda of the workspace."""

    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Stmt, ...]
    result: Expr | None
    """What a lambda returns."""
    module: ModuleObject
    outer: Frame | None
    at: Span
    defaults: dict[str, Thing]
    generator: bool = False
    owner: ClassObject | None = None
    """The class in whose body it stands."""
    marks: frozenset[str] = frozenset()
    """Canonical names of its decorators."""
    context: bool = False
    """`contextlib.contextmanager` makes a context of it."""
    property_: bool = False
    setter: FunctionObject | None = None
    """What an assignment to the property runs."""
    static: bool = False
    class_method: bool = False
    command: str = ""
    """The decorator that makes a command-line entry of it (click, hydra …): called, it fills in its own arguments."""
    declared: tuple[Event, ...] = ()
    """Calls that made its decorators, the innermost first."""
    mapped: Unread | None = None
    """What `jax.pmap` made of it as its decorator: its arguments have a slice for each device."""
    commands: dict[str, FunctionObject] = field(default_factory=dict)
    """Commands of a group, by name."""


@dataclass(eq=False, slots=True)
class ClassObject(Object):
    """A class of the workspace."""

    name: str
    module: ModuleObject
    bases: tuple[Thing, ...]
    names: dict[str, Thing]
    definition: ClassDef
    fields: tuple[tuple[str, Expr | None], ...] | None = None
    """Names and defaults of a dataclass's or NamedTuple's own fields; None for other classes."""

    def lookup(self, name: str) -> Thing | None:
        """The attribute by the order of bases, workspace classes only."""
        for cls in self.ancestry():
            if name in cls.names:
                return cls.names[name]
        return None

    def ancestry(self) -> Iterator[ClassObject]:
        """Itself and its workspace bases, depth first, each once (a close stand-in for Python's order)."""
        seen: set[int] = set()
        pending: list[Thing] = [self]
        while pending:
            cls = pending.pop(0)
            if isinstance(cls, ClassObject) and id(cls) not in seen:
                seen.add(id(cls))
                yield cls
                pending = [*cls.bases, *pending]

    def outside(self) -> tuple[str, ...]:
        """Canonical names of its bases outside the workspace; `?` for one that is not known."""
        found: dict[str, None] = {}
        for cls in self.ancestry():
            for base in cls.bases:
                if isinstance(base, External):
                    found.setdefault(base.name)
                elif not isinstance(base, ClassObject):
                    found.setdefault("?")
        return tuple(found)


@record(eq=False)
class Making:
    """How an object of a workspace class was made."""

    at: Span
    positional: tuple[Thing, ...]
    keywords: Mapping[str, Thing]
    events: tuple[Event, ...]
    """What its `__init__` called outside of the workspace, itself or through others."""
    asks: bool
    """It read the environment."""


@dataclass(eq=False, slots=True)
class Instance(Object):
    """An object of a workspace class, or of a class outside whose canonical name is `cls`."""

    cls: ClassObject | str
    attributes: dict[str, Thing] = field(default_factory=dict)
    made_by: Event | None = None
    """The call that made it, for a class outside the workspace."""
    complete: bool = True
    """False where it may have attributes that were not seen."""
    value: Value | None = None
    """What it is as a plain value: the text of a path or a `torch.device`."""
    prepared: bool = False
    """A framework's `prepare` made it fit for the job."""
    making: Making | None = None
    """For a workspace class with an `__init__` whose arguments are all known."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Canonical names of the classes outside the workspace that it belongs to."""
        return (self.cls,) if isinstance(self.cls, str) else self.cls.outside()

    def is_a(self, name: str) -> bool:
        """It surely belongs to the class with this canonical name."""
        return name in self.class_names


LONGEST_ORIGIN: Final = 80


PREPARED: Final = "prepared"
"""Stands in the symbol of the length of a loader that a framework has prepared: that of one process's share."""
EQUAL: Final = "(equal)"
"""Stands among the attributes of what a collective made equal in all processes (True), or left in one of them (False);
no attribute has such a name."""


@record(eq=False)
class Strided:
    """Every `step`-th item of something from the first on: `files[rank::size]`."""

    first: Value
    step: Value
    of: Thing
    at: Span


@dataclass(eq=False, slots=True)
class Unread(Object):
    """What a call that nobody read gave back: an unknown value with an identity."""

    origin: str
    """How a person calls it, such as `timm.create_model()`."""
    reach: Reach = Reach.UNSEEN
    """Whether its content was the same in all processes when it was made; see `content`."""
    trail: Trail = ()
    attributes: dict[str, Thing] = field(default_factory=dict)
    made_by: Event | None = None
    extent: Reach = Reach.UNSEEN
    """Whether its shape or length is the same in all processes."""
    scalar: bool = False
    """It is one number or truth computed from data: whether it counts as true is a matter of its content."""
    part_of: Thing | None = None
    """What it may share its memory with: it is an item, a slice or another view of it."""
    key: Value | None = None
    """By what it was taken out of `part_of`, where that is one value."""
    strided: Strided | None = None
    """It was cut out of something in this way."""
    operands: tuple[Thing, ...] = ()
    """What an operator made it of."""
    remainder: tuple[int, int] | None = None
    """It holds the items for which something computed from data, divided by the first number, leaves the second."""

    def __post_init__(self) -> None:
        # One origin is made of others: let none grow without end.
        if len(self.origin) > LONGEST_ORIGIN:
            self.origin = self.origin[: LONGEST_ORIGIN - 1] + "…"

    @property
    def content(self) -> Reach:
        """Whether it is the same in all processes now: a collective may have made it so, code that was not read too."""
        told = self.attributes.get(EQUAL)
        if isinstance(told, Value):
            return Reach.UNIFORM if told.constant is True else Reach.PROCESS
        return Reach.UNSEEN if self.unseen else self.reach

    @property
    def value(self) -> Value:
        reach = self.content
        # What was computed from data stays a matter of chance when a collective has made it the same everywhere.
        kind = Kind.CHANCE if Reach.PROCESS in (reach, self.reach) and not self.unseen else Kind.WITHHELD
        return unknown(self.origin, key=("unread", self.serial), kind=kind, reach=reach, trail=self.trail)

    @property
    def presence(self) -> Value:
        """The same for questions that are not about its content, such as whether it is None."""
        return unknown(self.origin, key=("unread", self.serial), trail=self.trail)


@dataclass(eq=False, slots=True)
class BoundMethod(Object):
    receiver: Thing
    function: FunctionObject


@dataclass(eq=False, slots=True)
class ExternalMethod(Object):
    """A method of an object whose class stands outside the workspace."""

    receiver: Thing
    name: str
    method: str


@dataclass(eq=False, slots=True)
class Partial(Object):
    function: Thing
    args: tuple[Thing, ...]
    keywords: dict[str, Thing]


@record(eq=False)
class Members:
    """What is in a list at one moment."""

    items: tuple[Thing, ...]
    complete: bool = True
    """Nothing but `items` is in it, in this order."""
    varies: bool = False
    """Processes surely have different numbers of items some day: some were put in under a condition on their data."""
    sources: tuple[Thing, ...] = ()
    """What it was made of, one behind the other, where that is known and the items are not: `list(a.parameters())`."""


MOST_OTHERS: Final = 16


def together(*parts: tuple[Thing, ...]) -> tuple[Thing, ...]:
    """Each thing once, and only the first of many: each stands for entries of one making."""
    return tuple({id(thing): thing for part in parts for thing in part}.values())[:MOST_OTHERS]


@record(eq=False)
class Entries:
    """What is in a dict at one moment."""

    entries: dict[Scalar, Thing]
    complete: bool = True
    others: tuple[Thing, ...] = ()
    """What stands for all entries whose keys are not known, where that is told: `{f(k): v for k, v in a.items()}`."""
    keys: tuple[Thing, ...] = ()
    """What stands for the keys of these: `f(k)`."""
    varies: bool = False
    """Processes surely have different keys some day: some were put in under a condition on their data."""


@dataclass(eq=False, slots=True)
class ListObject(Object):
    """A list, tuple, set or the items of a generator."""

    kind: str
    cell: dict[str, Members]
    """Its `content`, behind a key so that the heap can change it."""
    trail: Trail = ()

    @property
    def items(self) -> tuple[Thing, ...]:
        return self.cell["content"].items

    @property
    def complete(self) -> bool:
        return self.cell["content"].complete

    @property
    def varies(self) -> bool:
        return self.cell["content"].varies

    @property
    def sources(self) -> tuple[Thing, ...]:
        return self.cell["content"].sources


@dataclass(eq=False, slots=True)
class DictObject(Object):
    """A dict whose keys are plain constants; other keys make it incomplete."""

    cell: dict[str, Entries]
    """Its `content`, behind a key so that the heap can change it."""
    trail: Trail = ()
    cls: str = "dict"
    """Its class by the canonical name; of any other than `dict`, entries are attributes too."""
    root: DictObject | None = None
    """The whole configuration that it is a part of, for its interpolations."""
    owner: Instance | ModuleObject | None = None
    """Whose attributes it shows: `vars(x)`, `globals()`."""

    @property
    def entries(self) -> dict[Scalar, Thing]:
        if self.owner is None:
            return self.cell["content"].entries
        held = self.owner.attributes if isinstance(self.owner, Instance) else self.owner.names
        return {name: held[name] for name in held}

    @property
    def others(self) -> tuple[Thing, ...]:
        return self.cell["content"].others

    @property
    def keys(self) -> tuple[Thing, ...]:
        return self.cell["content"].keys

    @property
    def varies(self) -> bool:
        return self.owner is None and self.cell["content"].varies

    @property
    def complete(self) -> bool:
        if isinstance(self.owner, Instance):
            return self.owner.complete and not self.owner.unseen
        return self.owner is not None or self.cell["content"].complete


@dataclass(eq=False, slots=True)
class RangeObject(Object):
    """`range(start, stop, step)`."""

    start: Value
    stop: Value
    step: Value

    @property
    def length(self) -> Value:
        if self.start.integer is not None and self.stop.integer is not None and self.step.integer:
            count = len(range(self.start.integer, self.stop.integer, self.step.integer))
            return known(count).after(self.stop.trail)
        if self.step.integer == 1:
            return self.stop - self.start
        return unknown("the length of a range", key=("range", self.serial), low=0, whole=True)


@dataclass(eq=False, slots=True)
class Iteration(Object):
    """`enumerate`, `zip`, `tqdm` and their kin over things whose items are not known one by one."""

    kind: str
    sources: tuple[Thing, ...]


@dataclass(eq=False, slots=True)
class Pending(Object):
    """A generator that was called and has not begun."""

    function: FunctionObject
    frame: Frame


@dataclass(eq=False, slots=True)
class Super(Object):
    owner: ClassObject
    receiver: Thing


@dataclass(eq=False, slots=True)
class Either(Object):
    """What an undecided branch left in a name, where one of both is an object."""

    condition: object
    """The key of the condition: within a branch on the same condition the choice is known."""
    then: Thing
    otherwise: Thing
    varies: bool = False
    """The condition differs between processes."""
    turns: bool = field(default=False, init=False)
    """Rounds of a loop, or chance, bring it to either side some day."""
    plain: bool = field(default=False, init=False)
    """All alternatives are values."""

    def __post_init__(self) -> None:
        self.plain = all(
            isinstance(side, Value) or (isinstance(side, Either) and side.plain) for side in (self.then, self.otherwise)
        )

    def alternatives(self) -> Iterator[Thing]:
        for side in (self.then, self.otherwise):
            if isinstance(side, Either):
                yield from side.alternatives()
            else:
                yield side


def listing(kind: str, things: tuple[Thing, ...], complete: bool = True, trail: Trail = ()) -> ListObject:
    return ListObject(kind, {"content": Members(things, complete)}, trail)


def spread(kind: str, sources: tuple[Thing, ...]) -> ListObject:
    """A list of the items of these things, which are not known."""
    return ListObject(kind, {"content": Members((), False, sources=sources)})


def mapping(
    entries: Mapping[str, Thing] | Mapping[Scalar, Thing],
    complete: bool = True,
    trail: Trail = (),
    others: tuple[Thing, ...] = (),
    keys: tuple[Thing, ...] = (),
) -> DictObject:
    held: dict[Scalar, Thing] = {key: entries[key] for key in entries}  # type: ignore[index]
    return DictObject({"content": Entries(held, complete, others, together(keys))}, trail)


def attributes_of(owner: Instance | ModuleObject) -> DictObject:
    """The dict in which an object or a module keeps its attributes."""
    return DictObject({"content": Entries({}, False)}, owner=owner)


DEEPEST: Final = 6
"""Nested containers below this depth are anything."""
WIDEST: Final = 5_000
"""Things that a container may hold, all depths together, to be shown as a value."""


def as_value(thing: Thing) -> Value:
    """The thing as a Value: containers as records and sequences, other objects as unknowns that keep their identity."""
    return thing if isinstance(thing, Value) else _as_value(thing, DEEPEST, [WIDEST])


def _as_value(thing: Thing, depth: int, left: list[int]) -> Value:
    if isinstance(thing, Value):
        return thing
    left[0] -= 1
    if depth > 0 and left[0] > 0:
        match thing:
            case ListObject():
                return items([_as_value(item, depth - 1, left) for item in thing.items], thing.complete, thing.trail)
            case DictObject() if all(isinstance(key, str) for key in thing.entries):
                entries = {str(key): _as_value(entry, depth - 1, left) for key, entry in thing.entries.items()}
                return fields(entries, thing.complete, thing.trail)
            case Either():
                then, otherwise = _as_value(thing.then, depth, left), _as_value(thing.otherwise, depth, left)
                within = thing.turns and Reach.PROCESS in (then.reach, otherwise.reach)
                reach = Reach.PROCESS if thing.varies or within else Reach.UNSEEN
                return either(then, otherwise, ("either", thing.condition, thing.serial), reach=reach)
            case Unread():
                return thing.value
            case Instance(value=Value() as value):
                return value
            case ExternalMethod(receiver=receiver, method=method):
                return unknown(thing.name, key=("attribute", _identity(receiver), method))
            case External(name=name) if name in _KNOWN_CONSTANTS:
                return known(_KNOWN_CONSTANTS[name])
            case _:
                pass
    return unknown(describe(thing), key=("object", thing.serial))


def _identity(thing: Thing) -> object:
    return thing.serial if isinstance(thing, Object) else identity(thing)


def maker(thing: Thing | None) -> Event | None:
    """The call that made it; of what was read out of the result of one, that call."""
    return thing.made_by if isinstance(thing, Instance | Unread) else None


def identity(value: Value) -> object:
    """Equal for values that are surely the same one; a choice is the same as nothing but itself."""
    match value.content:
        case Const(value=scalar):
            return (type(scalar).__name__, scalar)
        case Term():
            return value.content
        case Text(parts=parts):
            return ("text", *(part if isinstance(part, str) else identity(part) for part in parts))
        case _:
            return object()


_KNOWN_CONSTANTS: dict[str, Scalar] = {
    "sys.maxsize": 2**63 - 1,
    "os.sep": "/",
    "os.path.sep": "/",
    "os.pathsep": ":",
    "os.linesep": "\n",
    "os.name": "posix",
    "sys.platform": "linux",
    "sys.executable": "python",
    "math.pi": 3.141592653589793,
    "math.e": 2.718281828459045,
}


def describe(thing: Thing) -> str:
    """How a person calls it."""
    match thing:
        case Value():
            return str(thing)
        case Instance(cls=str(name)):
            return name.rpartition(".")[2]
        case Instance(cls=ClassObject(name=name)) | ClassObject(name=name) | FunctionObject(name=name):
            return name
        case External(name=name) | ExternalMethod(name=name) | ModuleObject(name=name) | Unread(origin=name):
            return name
        case BoundMethod(function=function):
            return function.name
        case _:
            return type(thing).__name__.lower()


def things_of(value: Value) -> Thing:
    """A record or sequence value as objects that can be changed; every other value as it is."""
    match value.content:
        case Fields(entries=entries, complete=complete):
            return mapping({key: things_of(entry) for key, entry in entries.items()}, complete, value.trail)
        case Items(items=members, complete=complete):
            return listing("list", tuple(things_of(member) for member in members), complete, value.trail)
        case _:
            return value
