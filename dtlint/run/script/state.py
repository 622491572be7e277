"""Where a run on paper stands: what changed, what was recorded, which branches and loops it is in."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, Final

from dtlint.record import record
from dtlint.run.effects import TABLE, Row
from dtlint.run.script.context import ScriptContext
from dtlint.run.script.flows import Facets
from dtlint.run.script.heap import Changes, Heap, join
from dtlint.run.script.objects import (
    DictObject,
    Either,
    Entries,
    External,
    ExternalMethod,
    FunctionObject,
    Instance,
    ListObject,
    ModuleObject,
    Object,
    Thing,
    Unread,
    as_value,
    identity,
    together,
)
from dtlint.run.script.rounds import turning
from dtlint.run.script.trace import (
    AttributeRead,
    EnvironmentRead,
    EnvironmentWrite,
    Event,
    Fork,
    Node,
    NumberRead,
    ParserFacts,
    Repeat,
    ScriptRun,
    Sought,
)
from dtlint.source import Span
from dtlint.value import (
    FALSE,
    TRUE,
    How,
    Kind,
    Reach,
    Step,
    Symbol,
    Term,
    Truth,
    Value,
    absent,
    known,
    undecided,
    unknown,
)


class Raised(Exception):  # noqa: N818 - control flow, not an error
    """The script raises; `name` is the exception's class, `?` if it is not known."""

    def __init__(self, name: str, *because: Value) -> None:
        super().__init__(name)
        self.name = name
        self.at: Span | None = None
        """The statement that raises."""
        self.because = because
        """Values that led to it."""
        self.stated = False
        """It stands in the script (`raise`, `assert`); otherwise an operation fails."""
        self.cls: Thing | None = None
        """The class, where it is known."""


@record(eq=False)
class Withdrawn:
    """A way that raises under a condition, and is presumed not to be taken."""

    fork: Fork
    error: Raised
    branches: tuple[tuple[Fork, int], ...]
    index: int
    """Number of events before it."""


class Left(Exception):  # noqa: N818 - control flow, not an error
    """The script ends: `sys.exit`."""


class Spent(Exception):  # noqa: N818 - control flow, not an error
    """The budget is used up."""


class Reached(Exception):  # noqa: N818 - control flow, not an error
    """The spawn that is to be run again was reached."""

    def __init__(self, function: Thing, args: tuple[Thing, ...], keywords: dict[str, Thing], at: Span) -> None:
        super().__init__()
        self.function, self.args, self.keywords, self.at = function, args, keywords, at


Signal = tuple[str, Thing | None] | None
"""How a block ends: None where it goes on, else `return`, `break` or `continue`, and the value returned."""

Key = tuple[object, bool]
"""A condition by its symbol, and whether it or its opposite is meant."""


@dataclass(eq=False, slots=True)
class Label:
    """A function, loop or round that inner statements may leave early under an undecided condition."""

    kind: str
    mark: int
    depth: int
    """Undecided branches around it."""
    left: list[tuple[Changes, Thing | None, Key]] = field(default_factory=list)
    """State (as changes since `mark`), value, and the condition under which it was left."""


@dataclass(eq=False, slots=True)
class _Side:
    """What one side of an undecided branch came to."""

    signal: Signal
    error: Exception | None
    changes: Changes
    label: Label | None
    """What it leaves."""
    left: Changes | None
    """Its changes since the label began."""


class _Replay:
    """Which spawn to stop at, and as which child to go on."""

    def __init__(self, ordinal: int, index: int) -> None:
        self.ordinal, self.index = ordinal, index


class State:
    """One run; the evaluating and executing classes are built upon it."""

    def __init__(self, path: str, context: ScriptContext, replay: tuple[int, int] | None = None) -> None:
        self.context = context
        self.heap = Heap()
        self.run = ScriptRun(path)
        self.replay = None if replay is None else _Replay(*replay)
        self.cursor: list[Node] = self.run.trace
        self.branches: tuple[tuple[Fork, int], ...] = ()
        self.loops: tuple[Repeat, ...] = ()
        self.stack: tuple[Span, ...] = ()
        self.contexts: tuple[Event, ...] = ()
        self.assumed: dict[object, bool] = {}
        self.labels: list[Label] = []
        self.depth = 0
        self.left_steps = context.steps
        self.more = context.more
        self.reserve = 0
        """Steps that what runs now must leave over."""
        self.importable = context.steps // 3
        """Steps that the bodies of imported modules may still take."""
        self.modules: dict[str, ModuleObject] = {}
        self.environment: dict[str, Value] = {}
        self.group: dict[str, Thing] = {"initialised": known(False), "rank": absent(), "size": absent()}
        self.active: list[FunctionObject] = []
        self.spawns = 0
        self.withdrawn: list[Withdrawn] = []
        """Those within the innermost `try` that are not caught yet."""
        self.decided: tuple[Value, ...] = ()
        """Conditions that were decided on the way to here."""
        self.blamed: set[Span] = set()
        self.forwards: dict[int, int] = {}
        self.followed: set[int] = set()
        """Modules that give each process what its own data bring."""
        self.parsers: dict[int, ParserFacts] = {}
        self.fresh = 0
        self.catching = 0
        self.wavering = 0
        """Attributes are asked for that may not be there, or of one of several objects."""
        self.nowhere = Span(path, 0, 0)
        self.externals: dict[str, External] = {}

    # -- cost

    def spend(self) -> None:
        self.left_steps -= 1
        if self.left_steps >= self.reserve:
            return
        made = self.group["initialised"]
        if self.reserve or not isinstance(made, Value) or not made.known or not made.constant:
            raise Spent
        self.left_steps, self.more = self.left_steps + self.more, 0
        if self.left_steps < 0:
            raise Spent

    # -- failures

    def survive(self, error: Raised, at: Span) -> Value:
        """An operation that surely fails, with nothing around that catches it: noted, and taken for an unknown.

        What stands behind it is followed all the same: it is what happens once the failure is mended.
        """
        if error.stated or self.catching:
            raise error
        if self.run.failure is None and not self.depth:
            self.run.failure = (error.name, at)
            self.blame(error)
        return self.anything("the result of what fails", at)

    def blame(self, error: Raised) -> None:
        """Options whose defaults led to a failure: nobody would start the script without giving them."""
        for value in (*error.because, *self.decided):
            for step in value.trail:
                if step.how is How.DEFAULT:
                    self.blamed.add(step.at)

    # -- unknowns

    def anything(self, name: str, at: Span, reach: Reach = Reach.UNSEEN, **bounds: Any) -> Value:
        """An unknown that belongs to this place; a second visit of the place gives another one."""
        self.fresh += 1
        return unknown(name, key=("at", self.context.scope, at, self.fresh), reach=reach, **bounds)

    def carried(self, name: str, at: Span, before: Value | Either, steady: bool | None) -> Value:
        """What a loop changes, in any of its rounds; the rounds decide it where they only count it.

        `before` is what stood there when the loop began: a choice of values where an earlier loop may have had no
        rounds.

        `steady` tells whether every round counts it up (so that it is the same in all processes), or only some do, and
        is None where it comes about in another way.  The key tells that it is no setting.
        """
        self.fresh += 1
        key = ("carried", self.context.scope, at, self.fresh)
        if steady is None:
            return unknown(name, key=key)
        if not steady or not counted(before):
            return unknown(name, key=key, kind=Kind.CHANCE, whole=True)
        begins = before.integer if isinstance(before, Value) else None
        low = -inf if begins is None else begins
        return unknown(name, key=key, kind=Kind.CHANCE, reach=Reach.UNIFORM, low=low, whole=True)

    def chance(self, name: str, at: Span, **bounds: Any) -> Value:
        """What nobody sets: data, time, random numbers; each process has its own."""
        return self.anything(name, at, Reach.PROCESS, kind=Kind.CHANCE, **bounds)

    def unread(
        self, origin: str, facets: Facets, made_by: Event | None, part_of: Thing | None = None
    ) -> Unread:
        """What an operation gave, which differs between processes as `facets` say."""
        return Unread(
            origin,
            facets.content,
            facets.trail,
            made_by=made_by,
            extent=facets.extent,
            scalar=facets.scalar,
            part_of=part_of,
        )

    def external(self, name: str) -> External:
        found = self.externals.get(name)
        if found is None:
            found = self.externals[name] = External(name)
        return found

    # -- conditions

    def settle(self, thing: Thing) -> Thing:
        """Of the two things that a branch left, the one that the conditions around allow."""
        while isinstance(thing, Either):
            known_side = self.assumed.get(thing.condition)
            if known_side is None:
                return as_value(thing) if thing.plain else thing
            thing = thing.then if known_side else thing.otherwise
        return thing

    def condition(self, thing: Thing) -> tuple[Truth, Key, Value]:
        """Whether it counts as true, and the symbol by which the same condition is known again."""
        thing = self.settle(thing)
        match thing:
            case Value():
                return self._value_condition(thing)
            case ListObject():
                return self._filled(len(thing.items), thing.complete, thing)
            case DictObject():
                return self._filled(len(thing.entries), thing.complete, thing)
            case Either():
                then = self.condition(thing.then)[0]
                otherwise = self.condition(thing.otherwise)[0]
                value = self.choice(thing)
                if then.always and otherwise.always:
                    return TRUE, (thing.serial, True), value
                if then.never and otherwise.never:
                    return FALSE, (thing.serial, True), value
                if then.always and otherwise.never:
                    return undecided(value), (thing.condition, True), value
                if then.never and otherwise.always:
                    return undecided(value), (thing.condition, False), value
                return undecided(value), (("truth", thing.serial), True), value
            case Unread():
                return self._value_condition(thing.value if thing.scalar or _is_truth(thing) else thing.presence)
            case Instance(cls=cls) if not isinstance(cls, str) and (cls.lookup("__bool__") or cls.lookup("__len__")):
                value = as_value(thing)
                return undecided(value), (("truth", thing.serial), True), value
            case ExternalMethod() if (turns := turning(thing)) is not None:
                return self._value_condition(turns)
            case External(name=name):
                value = as_value(thing)
                if not value.known and name.count(".") > 1 and not name.startswith(_READ):
                    # `options.debug` of a module that was not read is a setting, not something imported.
                    return undecided(value), (name, True), value
                return (truth_of(value) if value.known else TRUE), (name, True), value
            case _:
                return TRUE, (thing.serial, True), known(True)

    def choice(self, thing: Either) -> Value:
        """On which side of the branch that made it this process is."""
        reach, kind = (Reach.PROCESS, Kind.CHANCE) if thing.varies else (Reach.UNSEEN, Kind.WITHHELD)
        trail = self.heap.varying.get(thing.condition, ())
        return unknown(
            "a choice", key=thing.condition, kind=kind, reach=reach, low=0, high=1, whole=True, trail=trail
        )

    def _filled(self, count: int, complete: bool, thing: Object) -> tuple[Truth, Key, Value]:
        value = known(bool(count))
        if isinstance(thing, ListObject) and thing.varies and not thing.unseen:
            value = self.chance("whether it is empty", self.nowhere, low=0, high=1, whole=True)
            return undecided(value), (("filled", thing.serial), True), value
        if count:
            return TRUE, (thing.serial, True), value
        if complete:
            return FALSE, (thing.serial, True), value
        value = unknown("whether it is empty", key=("filled", thing.serial), low=0, high=1, whole=True)
        return undecided(value), (("filled", thing.serial), True), value

    def _value_condition(self, value: Value) -> tuple[Truth, Key, Value]:
        key = key_of(value)
        if key[0] in self.assumed:
            return (TRUE if self.assumed[key[0]] == key[1] else FALSE), key, value
        return truth_of(value), key, value

    def decide(self, thing: Thing) -> bool | None:
        """True or False where it is decided."""
        truth = self.condition(thing)[0]
        return True if truth.always else False if truth.never else None

    # -- branches

    def fork(
        self,
        condition: tuple[Truth, Key, Value],
        at: Span,
        then: Callable[[], Signal],
        otherwise: Callable[[], Signal],
    ) -> Signal:
        """Run the side that holds; where that is not decided, run both from the same state and join what they leave."""
        truth, (key, holds), value = condition
        if truth.always:
            return then()
        if truth.never:
            return otherwise()
        if value.reach is Reach.PROCESS:
            self.heap.varying[key] = value.trail
        if _turns(value):
            self.heap.turning.add(key)
        node = Fork(truth, value, at)
        self.cursor.append(node)
        mark = self.heap.mark
        outer = (self.cursor, self.branches, self.assumed, self.catching, self.contexts, self.stack)
        sides: list[_Side] = []
        grown: list[tuple[tuple[Fork, int], ...]] = []
        for number, (body, side) in enumerate(((node.then, then), (node.otherwise, otherwise))):
            self.cursor = body
            self.branches = (*outer[1], (node, number))
            self.assumed = {**outer[2], key: holds if number == 0 else not holds}
            error: Exception | None = None
            signal: Signal = None
            self.depth += 1
            try:
                signal = side()
            except (Raised, Left) as caught:
                # Without its traceback: that would hold the frames of all that it came through, and they hold it.
                error = caught.with_traceback(None)
            finally:
                self.depth -= 1
            grown.append(self.branches[len(outer[1]) + 1 :])
            label = None if signal is None else self._label(signal[0])
            left = None if label is None else self.heap.since(label.mark)
            sides.append(_Side(signal, error, self.heap.since(mark), label, left))
            self.heap.undo(mark)
            self.cursor, self.branches, self.assumed, self.catching, self.contexts, self.stack = outer
        node.ends = (_end(sides[0]), _end(sides[1]))
        return self._merge(node, mark, sides, grown, (key, holds))

    def _merge(
        self,
        node: Fork,
        mark: int,
        sides: list[_Side],
        grown: list[tuple[tuple[Fork, int], ...]],
        condition: Key,
    ) -> Signal:
        open_sides = [number for number in (0, 1) if not node.ends[number]]
        for number in open_sides:
            self.branches = (*self.branches, *grown[number])
        if len(open_sides) == 2:
            self.heap.join(mark, [side.changes for side in sides], [condition])
            return None
        # The side that goes on from here: one that goes on, else one that leaves the block, else the exception.
        alive = [number for number in (0, 1) if sides[number].error is None]
        if not alive:
            error = sides[1].error
            assert error is not None
            raise error
        chosen = open_sides[0] if open_sides else alive[-1]
        self.heap.apply(sides[chosen].changes)
        other = sides[1 - chosen]
        if isinstance(other.error, Raised):
            self.withdrawn.append(Withdrawn(node, other.error, self.branches, len(self.run.events)))
        if other.error is None:
            key, holds = condition
            self.branches = (*self.branches, (node, chosen))
            self.assumed = {**self.assumed, key: holds == (chosen == 0)}
            if other.label is not None and other.left is not None and other.signal is not None:
                # Deeper within the label the condition alone does not tell whether it was left here.
                exact = self.depth == other.label.depth
                reason: Key = (key, holds == (chosen == 1)) if exact else (("left", id(other)), True)
                other.label.left.append((other.left, other.signal[1], reason))
        return sides[chosen].signal

    def _label(self, kind: str) -> Label | None:
        for label in reversed(self.labels):
            if label.kind == kind:
                return label
            if label.kind == "return":
                return None
        return None

    def settle_label(self, label: Label, kinds: tuple[str, ...], outer: tuple[tuple[Fork, int], ...]) -> None:
        """Join the states in which `label` was left early into the present one, and forget the conditions of that."""
        if label.left:
            sides = [changes for changes, _, _ in label.left] + [self.heap.since(label.mark)]
            self.heap.join(label.mark, sides, [condition for _, _, condition in label.left])
        known_outer = set(map(id, outer))
        self.branches = tuple(
            branch
            for branch in self.branches
            if id(branch) in known_outer or not any(end in kinds for end in branch[0].ends)
        )

    # -- records

    def record(
        self,
        name: str,
        at: Span,
        func_at: Span,
        positional: tuple[Thing, ...],
        keywords: dict[str, Thing],
        open_: bool,
        receiver: Thing | None,
        places: dict[str | int, Span],
        row: Row | None = None,
    ) -> Event:
        """A call of something outside the workspace."""
        event = Event(
            name=name,
            at=at,
            func_at=func_at,
            row=row or TABLE.find(name),
            positional=positional,
            keywords=keywords,
            open=open_,
            receiver=receiver,
            index=len(self.run.events),
            loops=self.loops,
            branches=self.branches,
            stack=self.stack,
            contexts=self.contexts,
            caught=self.catching > 0,
            places=places,
        )
        self.cursor.append(event)
        self.run.events.append(event)
        if event.method in _MAKERS and self._stands(event):
            self.run.standing.add(event.index)
        return event

    def _stands(self, event: Event) -> bool:
        thing = event.receiver if event.receiver is not None else event.given(0, "name")
        path, folder = as_value(thing).string if thing is not None else None, self.context.directory.string
        if path is None or path.startswith(("/", "~")):
            return False
        return folder is None or self.context.files.is_directory(posixpath.normpath(posixpath.join(folder, path)))

    def seek(self, holder: DictObject, key: Unread, at: Span) -> None:
        """A dict is asked for a key that is not known."""
        keys = () if holder.entries else holder.keys
        self.run.sought.append(Sought(key, keys, at, len(self.run.events), self.branches))

    def ask(self, wrapper: Instance, name: str, at: Span) -> None:
        """An attribute is asked for that nobody has seen there."""
        surely = not (self.catching or self.wavering or wrapper.unseen)
        self.run.asked.append(AttributeRead(wrapper, name, at, len(self.run.events), self.branches, surely))

    def read_environment(self, name: str, at: Span, default: Thing | None, required: bool) -> Value:
        """What the process finds for `name`; absent if nothing sets it."""
        written = self.environment.get(name)
        if written is not None:
            value = as_value(written)  # behind a condition that is not decided, two values may be joined
        else:
            value = self.context.environment.get(name)
            if value.known and not isinstance(value.constant, str):
                value = value.as_text() if value.constant is not None else absent()
        self.run.reads.append(
            EnvironmentRead(
                name,
                at,
                required and not self.catching,
                value,
                absent() if default is None else as_value(default),
                self.branches,
            )
        )
        return value.because(Step(How.ENVIRONMENT, f"${name}", at))

    def read_unnamed(self, at: Span) -> Thing:
        """What the process finds for a name that is not known."""
        self.run.reads_unknown_names = True
        return self.anything("an environment variable", at)

    def read_as_number(self, value: Value, at: Span, fails: bool = False) -> None:
        """Note it where the value is what a variable holds, not something that was made of it."""
        if self.catching:
            return
        for step in reversed(value.trail):
            read = next((one for one in self.run.reads if one.at == step.at and one.value.same(value)), None)
            if read is not None and not value.is_absent:
                self.run.numbers.append(NumberRead(read, at, self.branches, fails))
                return

    def write_environment(self, name: str, value: Value, at: Span, default: bool = False) -> None:
        present = as_value(self.environment.get(name, self.context.environment.get(name))) if default else absent()
        self.run.writes.append(
            EnvironmentWrite(name, value, at, len(self.run.events), self.branches, default)
        )
        if default and not present.is_absent:
            return
        self.heap.store(self.environment, name, value)

    def open_environment(self) -> None:
        """Variables whose names are not known are set."""
        self.run.sets_unknown_names = True
        self.context = replace(self.context, environment=self.context.environment.opened())

    def escape(self, *things: Thing) -> None:
        """Code that was not read has these from now on."""
        pending: list[Thing] = list(things)
        seen: set[int] = set()
        while pending and len(seen) < _ESCAPES:
            thing = pending.pop()
            if isinstance(thing, Value) or id(thing) in seen:
                continue
            seen.add(id(thing))
            match thing:
                case Either():
                    pending += thing.alternatives()
                case ListObject():
                    pending += thing.items
                case DictObject():
                    if thing.owner is None and thing.keys:
                        held = thing.cell["content"]
                        keys = together(held.keys, (Unread("a key"),))
                        entries = Entries(held.entries, held.complete, held.others, keys, held.varies)
                        self.heap.store(thing.cell, "content", entries)
                    pending += thing.entries.values()
                case Instance():
                    thing.unseen = True
                    pending += thing.attributes.values()
                case External() | ModuleObject():
                    pass
                case Object():
                    thing.unseen = True


_TRUTHS: Final = frozenset(
    ("isnan", "isinf", "isfinite", "any", "all", "equal", "allclose", "eq", "ne", "lt", "gt", "le", "ge", "logical_not")
)
"""What they give has no truth but that of its content: a tensor of several raises where a condition asks it."""


def _is_truth(thing: Unread) -> bool:
    made = thing.made_by
    return made is not None and made.result is thing and made.method in _TRUTHS


def _turns(value: Value) -> bool:
    """Nothing that somebody sets decides it, only what rounds of a loop carry on, and chance."""
    asked = list(value.symbols())
    pending: list[object] = [*asked]
    while pending:
        match pending.pop():
            case Symbol(kind=Kind.CHANCE) | Symbol(key=("carried", *_)):
                pass
            case Symbol(key=tuple() as parts):
                pending += (part for part in parts if isinstance(part, Symbol | Term))
                if not any(isinstance(part, Symbol | Term) for part in parts):
                    return False
            case Symbol():
                return False
            case Term() as term:
                pending += term.symbols()
            case _:
                pass
    return bool(asked)


_READ: Final = ("torch.", "tensorflow.", "horovod.", "deepspeed.", "accelerate.", "transformers.", "lightning.", "jax.")
"""Packages of which a name surely stands for a class, a function or a module."""
_MAKERS: Final = ("makedirs", "mkdir")
_ESCAPES: Final = 200
"""Objects followed when something is handed away."""


def _end(side: _Side) -> str:
    if side.error is not None:
        return "exit" if isinstance(side.error, Left) else "raise"
    return "" if side.signal is None else side.signal[0]


def truth_of(value: Value) -> Truth:
    """Python's truth of a plain value."""
    if value.is_absent:
        return undecided(value)
    options = value.options
    if options:
        verdicts = {bool(option) for option in options}
        if len(verdicts) == 1:
            return TRUE if verdicts.pop() else FALSE
        return undecided(value)
    if isinstance(value.content, Term):
        return undecided(value) if is_free(value) else value != 0
    length = value.length
    return length != 0 if length.known else undecided(value)


def is_free(value: Value) -> bool:
    """A withheld unknown that may well be zero, one or a text: no comparison with a constant decides it."""
    symbol = value.content.symbol if isinstance(value.content, Term) else None
    return symbol is not None and symbol.kind is Kind.WITHHELD and symbol.low <= 0 and symbol.high >= 1


def key_of(value: Value) -> Key:
    """The symbol of a condition, a negation taken off."""
    key: object = identity(value)
    if isinstance(value.content, Term) and value.content.symbol is not None:
        key = value.content.symbol.key
    holds = True
    while isinstance(key, tuple) and len(key) == 2 and key[0] == "not":
        key, holds = key[1], not holds
    return key, holds


def negation(value: Value) -> Value:
    """`not value` for a value that is not decided."""
    key, holds = key_of(value)
    content = value.content
    kind, reach = Kind.WITHHELD, value.reach
    if isinstance(content, Term) and content.symbol is not None:
        kind = content.symbol.kind
    return unknown(
        f"not {value}",
        key=("not", key) if holds else key,
        kind=kind,
        reach=reach,
        low=0,
        high=1,
        whole=True,
        trail=value.trail,
    )


def counted(thing: Value | Either) -> bool:
    """A whole number, or what a loop counts, in all processes alike; or a choice of such."""
    if isinstance(thing, Either):
        sides = [side for side in thing.alternatives() if isinstance(side, Value)]
        return thing.plain and not thing.varies and all(map(counted, sides))
    if thing.known:
        return type(thing.constant) is int
    return thing.is_unknown and all(one.whole and one.reach is Reach.UNIFORM for one in thing.symbols())


__all__ = [
    "Key", "Label", "Left", "Raised", "Reached", "Signal", "Spent", "State", "counted", "join", "key_of", "negation",
    "truth_of",
]  # fmt: skip
