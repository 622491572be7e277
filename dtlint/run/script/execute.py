"""Statements: assignments, branches, loops, imports and definitions."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeGuard

from dtlint.facts.script import (
    Assert,
    Assign,
    Attribute,
    AugAssign,
    BoolOp,
    Call,
    ClassDef,
    Compare,
    Constant,
    Delete,
    Expr,
    ExprStatement,
    For,
    FunctionDef,
    If,
    Import,
    ImportFrom,
    Jump,
    Match,
    Name,
    Opaque,
    Operation,
    Raise,
    Return,
    Scope,
    Sequence,
    Starred,
    Stmt,
    Subscript,
    Try,
    While,
    With,
)
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.effects.jax import PMAP
from dtlint.run.effects.names import canonical
from dtlint.run.script.apply import AROUND, Caller
from dtlint.run.script.assigning import Assigned, assigned_by
from dtlint.run.script.call import Arguments
from dtlint.run.script.context import ScriptContext
from dtlint.run.script.evaluate import ENVIRON, LONGEST_LIST
from dtlint.run.script.flows import Facets, facets, shared_out
from dtlint.run.script.heap import MISSING, join_things
from dtlint.run.script.library import FUNCTIONS
from dtlint.run.script.library.bars import BARS
from dtlint.run.script.library.configs import config_of
from dtlint.run.script.library.containers import put
from dtlint.run.script.library.entries import decorate
from dtlint.run.script.library.flags import FLAGS, store
from dtlint.run.script.modules import LOADED, Modules
from dtlint.run.script.objects import (
    PREPARED,
    BoundMethod,
    ClassObject,
    Deferred,
    DictObject,
    Either,
    Entries,
    External,
    Frame,
    FunctionObject,
    Instance,
    Iteration,
    ListObject,
    Members,
    ModuleObject,
    Object,
    Partial,
    Pending,
    RangeObject,
    Thing,
    Unread,
    as_value,
    describe,
    listing,
    maker,
    things_of,
)
from dtlint.run.script.state import Label, Left, Raised, Signal, Spent, Withdrawn, counted
from dtlint.run.script.trace import EnvironmentRead, Event, Fork, Indivisible, Repeat, ScriptRun
from dtlint.source import Span
from dtlint.value import Const, How, Items, Kind, Reach, Step, Trail, Value, absent, known, unknown

Handler = tuple[Expr | None, str | None, tuple[Stmt, ...]]
"""What is caught, the name that it gets, and what is done."""
UNROLLED: Final = 4
"""Rounds up to which a loop over known items is run round by round."""
PUT_TOGETHER: Final = 64
"""The same for a loop that only puts texts and lists together, as those that make a command line of options."""
_LAYERS: Final = frozenset(("torch.nn.ModuleList", "torch.nn.ModuleDict", "torch.nn.Sequential"))
"""Modules that hold others, and that a forward pass goes over."""
AGAIN: Final = 2
"""Times that a loop is run again where a round changes what it began with: what is forgotten may lead to more."""
REDONE: Final = 2
"""Loops deeper than this are not run again where a round changes what it began with."""


class Machine(Caller):
    """Runs statements."""

    def __init__(self, path: str, context: ScriptContext, replay: tuple[int, int] | None = None) -> None:
        super().__init__(path, context, replay)
        self.library = Modules(context.files, path, context.directory.string, context.module_name)
        self.main_names = self.library.at(path, "__main__").names
        self.assigned: dict[int, Assigned] = {}

    def main(self) -> Thing | None:
        return self.library.at(self.run.path, "__main__").names.get("main")

    def run_child(self, ordinal: int, index: int, there: ScriptContext | None) -> ScriptRun:
        from dtlint.run.script.process import run_from_spawn

        return run_from_spawn(self.run.path, self.context, ordinal, index, there)

    # -- blocks

    def block(self, body: tuple[Stmt, ...], frame: Frame) -> Signal:
        for statement in body:
            self.spend()
            try:
                signal = _HANDLERS[type(statement)](self, statement, frame)
            except Raised as error:
                if error.at is None:
                    error.at = statement.at
                raise
            if signal is not None:
                return signal
        return None

    # -- simple statements

    def _assign(self, node: Assign, frame: Frame) -> Signal:
        if node.value is None:
            return None
        target = node.targets[0]
        label = f"{target.id} = " if isinstance(target, Name) else (
            f"{target.name} = " if isinstance(target, Attribute) else ""
        )
        thing = self.named(label, node.value, frame)
        for target in node.targets:
            self.bind(target, thing, frame, node.at)
        return None

    def bind(self, target: Expr, thing: Thing, frame: Frame, at: Span) -> None:
        match target:
            case Name(id=name):
                self.heap.store(frame.elsewhere.get(name, frame.names), name, thing)
            case Attribute(value=owner, name=name):
                self._bind_attribute(self.eval(owner, frame), name, thing)
            case Subscript(value=owner, index=index):
                self._bind_item(self.eval(owner, frame), self.eval(index, frame), thing, at)
            case Sequence(items=targets):
                self._unpack(targets, thing, frame, at)
            case Starred(value=inner):
                self.bind(inner, thing, frame, at)
            case _:
                pass

    def _bind_attribute(self, owner: Thing, name: str, thing: Thing) -> None:
        owner = self.settle(owner)
        match owner:
            case Instance(cls=ClassObject() as cls) if (setter := _setter(cls, name)) is not None:
                self.call(BoundMethod(owner, setter), Arguments(setter.at, setter.at, (thing,)))
            case Instance() | Unread():
                self.heap.store(owner.attributes, name, thing)
            case ModuleObject() | ClassObject():
                self.heap.store(owner.names, name, thing)
            case Either():
                for side in owner.alternatives():
                    if isinstance(side, Instance | Unread):
                        before = side.attributes.get(name)
                        kept = thing if before is None else join_things(thing, before, object())
                        self.heap.store(side.attributes, name, kept)
            case External(name="sys") if name == "argv":
                self.escape(thing)
            case External() if owner.name in FLAGS:
                store(self, name, thing)
            case DictObject() if owner.cls != "dict":
                self._bind_entry(owner, known(name), thing, known(name))
            case _:
                pass

    def _bind_item(self, owner: Thing, index: Thing, thing: Thing, at: Span) -> None:
        owner = self.settle(owner)
        key = as_value(index)
        match owner:
            case External(name=name) if name == ENVIRON:
                if key.string is not None:
                    self.write_environment(key.string, self.as_text(thing), at)
                else:
                    self.open_environment()
            case DictObject():
                self._bind_entry(owner, key, thing, index)
            case ListObject():
                place = key.integer
                items = list(owner.items)
                if place is not None and owner.complete and -len(items) <= place < len(items):
                    items[place] = thing
                    self.heap.store(owner.cell, "content", Members(tuple(items), True))
                else:
                    self.heap.store(owner.cell, "content", Members((), False))
            case Unread() | Instance(cls=str()) if key.known:
                self.heap.store(owner.attributes, f"[{key}]", thing)
            case Instance(cls=ClassObject() as cls):
                setter = cls.lookup("__setitem__")
                if isinstance(setter, FunctionObject):
                    self.call(BoundMethod(owner, setter), Arguments(at, at, (index, thing)))
            case _:
                pass

    def _bind_entry(self, owner: DictObject, key: Value, thing: Thing, index: Thing) -> None:
        if not key.known:
            put(self, owner, owner.entries, False, (thing,), (index,))
            return
        if owner.cls != "dict":
            thing = config_of(thing, owner.cls, owner.root or owner)
        put(self, owner, {**owner.entries, key.constant: thing}, owner.complete)

    def _unpack(self, targets: tuple[Expr, ...], thing: Thing, frame: Frame, at: Span) -> None:
        items = self.items_of(thing, 1_000)
        star = next((number for number, target in enumerate(targets) if isinstance(target, Starred)), None)
        if items is not None and star is not None and len(items) >= len(targets) - 1:
            behind = len(targets) - star - 1
            middle = listing("list", items[star : len(items) - behind])
            items = (*items[:star], middle, *items[len(items) - behind :])
        if items is None or len(items) != len(targets):
            if items is not None and star is None:
                self.survive(Raised("ValueError", as_value(thing)), at)
            made_by = maker(thing)
            origin, held = describe(thing), facets(thing)
            for number, target in enumerate(targets):
                share = Facets(held.content, Reach.UNSEEN, held.trail)
                part = self.unread(f"{origin}[{number}]", share, made_by, thing)
                part.key = known(number)
                self.bind(target, part, frame, at)
            return
        for target, item in zip(targets, items, strict=True):
            self.bind(target, item, frame, at)

    def _augmented(self, node: AugAssign, frame: Frame) -> Signal:
        target = node.target
        old = self.eval(target, frame)
        right = self.eval(node.value, frame)
        if node.operator == "+" and isinstance(old, ListObject) and old.kind == "list":
            items = self.items_of(right, LONGEST_LIST)
            grown = old.items + (items or ())
            complete = old.complete and items is not None and len(grown) <= LONGEST_LIST
            content = Members(grown[:LONGEST_LIST], complete, old.varies)
            self.heap.store(old.cell, "content", content)
            return None
        try:
            result = self.operate(node.operator, old, right, node.at)
            if node.operator == "/":
                self.divided(result, right, node.value)
        except Raised as error:
            error.because = (as_value(old), as_value(right))
            result = self.survive(error, node.at)
        self.bind(target, result, frame, node.at)
        return None

    def _expression(self, node: ExprStatement, frame: Frame) -> Signal:
        if not isinstance(node.value, Constant):
            self.eval(node.value, frame)
        return None

    def _return(self, node: Return, frame: Frame) -> Signal:
        return "return", known(None) if node.value is None else self.eval(node.value, frame)

    def _raise(self, node: Raise, frame: Frame) -> Signal:
        name, cls = "?", None
        if node.value is not None:
            thing = self.eval(node.value.func if isinstance(node.value, Call) else node.value, frame)
            if isinstance(thing, External):
                name = thing.name
            elif isinstance(thing, ClassObject):
                name = (thing.outside() or ("?",))[0]
            cls = thing if isinstance(thing, External | ClassObject) else None
            if isinstance(node.value, Call):
                self.arguments(node.value, frame)
        if name == "SystemExit":
            raise Left
        error = Raised(name, *self.decided)
        error.stated, error.cls = True, cls
        raise error

    def _assert(self, node: Assert, frame: Frame) -> Signal:
        condition = self.condition(self.eval(node.test, frame))
        if condition[0].never:
            self._note_remainder(node, frame)
            error = Raised("AssertionError", condition[2], *self.decided)
            error.stated = True
            raise error
        if not condition[0].always and condition[1][0] is not None:
            self.assumed = {**self.assumed, condition[1][0]: condition[1][1]}
        return None

    def _note_remainder(self, node: Assert, frame: Frame) -> None:
        """Both numbers of `assert a % b == 0` or `assert not a % b`, which surely stops the script."""
        match node.test:
            case Compare(operators=("==",), operands=(Operation(operator="%", operands=operands), Constant(value=0))):
                pass
            case Operation(operator="not", operands=(Operation(operator="%", operands=operands),)):
                pass
            case _:
                return
        # They are looked up a second time, which must do nothing.
        plain = all(isinstance(one, Name | Attribute | Constant) for one in operands)
        if self.catching or self.branches or self.loops or not plain:
            return
        dividend, divisor = (as_value(self.eval(one, frame)) for one in operands)
        if dividend.integer is not None and divisor.integer:
            self.run.indivisible.append(Indivisible(dividend, divisor, node.at))

    def _delete(self, node: Delete, frame: Frame) -> Signal:
        for target in node.targets:
            match target:
                case Name(id=name):
                    self.heap.remove(frame.elsewhere.get(name, frame.names), name)
                case Subscript(value=owner, index=index):
                    thing, key = self.eval(owner, frame), self.value(index, frame)
                    if isinstance(thing, External) and thing.name == ENVIRON and key.string is not None:
                        self.write_environment(key.string, absent(), node.at)
                    elif isinstance(thing, DictObject) and key.known:
                        rest = {name: item for name, item in thing.entries.items() if name != key.constant}
                        put(self, thing, rest, thing.complete)
                    elif isinstance(thing, ListObject):
                        self.heap.store(thing.cell, "content", Members((), False))
                case Attribute(value=owner, name=name):
                    thing = self.eval(owner, frame)
                    if isinstance(thing, Instance | Unread):
                        self.heap.remove(thing.attributes, name)
                case _:
                    pass
        return None

    def _jump(self, node: Jump, frame: Frame) -> Signal:
        return None if node.kind == "pass" else (node.kind, None)

    def _scope(self, node: Scope, frame: Frame) -> Signal:
        for name in node.names:
            place = frame.module.names
            if node.kind == "nonlocal":
                scope = frame.outer
                while scope is not None and name not in scope.names:
                    scope = scope.outer
                place = scope.names if scope is not None else place
            frame.elsewhere[name] = place
        return None

    # -- branches

    def _if(self, node: If, frame: Frame) -> Signal:
        node = _nested(node)
        condition = self.condition(self.eval(node.test, frame))
        outer = self.decided
        if condition[0].always or condition[0].never:
            self.decided = (*outer, condition[2])
        try:
            return self.fork(
                condition, node.at, lambda: self.block(node.body, frame), lambda: self.block(node.otherwise, frame)
            )
        finally:
            self.decided = outer

    def _match(self, node: Match, frame: Frame) -> Signal:
        return self._cases(node, 0, self.eval(node.subject, frame), frame)

    def _cases(self, node: Match, number: int, subject: Thing, frame: Frame) -> Signal:
        if number == len(node.cases):
            return None
        pattern, guard, body = node.cases[number]
        if isinstance(pattern, Opaque):
            truth = known(True) if number == len(node.cases) - 1 and guard is None else self.anything(
                "whether the pattern fits", pattern.at, low=0, high=1, whole=True
            )
        else:
            truth = self.compared("==", subject, self.eval(pattern, frame), pattern.at)
        if guard is not None:
            guarded = self.eval(guard, frame)
            if self.decide(guarded) is not True:
                truth = self.anything("whether the case fits", pattern.at, low=0, high=1, whole=True)
        return self.fork(
            self.condition(truth),
            node.at,
            lambda: self.block(body, frame),
            lambda: self._cases(node, number + 1, subject, frame),
        )

    def _try(self, node: Try, frame: Frame) -> Signal:
        signal: Signal = None
        mark, begun, withdrawn = self.heap.mark, len(self.run.events), len(self.withdrawn)
        branches = self.branches
        try:
            try:
                if node.handlers:
                    self.catching += 1
                try:
                    signal = self.block(node.body, frame)
                finally:
                    if node.handlers:
                        self.catching -= 1
            except Raised as error:
                handler = self._handler(node, error.name, frame)
                if handler is None:
                    raise
                if handler[1] is not None:
                    self.heap.store(frame.names, handler[1], Unread("an exception"))
                signal = self.block(handler[2], frame)
            else:
                ways, body = self.withdrawn[withdrawn:], range(begun, len(self.run.events))
                if node.handlers:
                    self.withdrawn[withdrawn:] = [
                        way for way in ways if self._handler(node, way.error.name, frame) is None
                    ]
                own = self._own_data(node, [way for way in ways if _alone(way, branches)], body, frame)
                signal = self._unraised(node, signal, frame, mark, own)
        except (Raised, Left):
            if node.final:
                last = self.block(node.final, frame)
                if last is not None:
                    return last
            raise
        if node.final:
            last = self.block(node.final, frame)
            if last is not None:
                return last
        return signal

    def _handler(self, node: Try, name: str, frame: Frame) -> Handler | None:
        for handler in node.handlers:
            if handler[0] is None or self._catches(self.eval(handler[0], frame), name):
                return handler
        return None

    def _catches(self, thing: Thing, name: str) -> bool:
        if isinstance(thing, ListObject):
            return any(self._catches(item, name) for item in thing.items)
        if not isinstance(thing, External):
            return True
        if thing.name in ("Exception", "BaseException") or name == "?":
            return True
        caught, raised = _EXCEPTIONS.get(thing.name), _EXCEPTIONS.get(name)
        if caught is None or raised is None:
            return thing.name == name
        return issubclass(raised, caught)

    def _own_data(self, node: Try, ways: list[Withdrawn], body: range, frame: Frame) -> Caught | None:
        """The handler to which a process comes by its own data while another does not: a condition on them raises what
        it catches, or it is there for a GPU whose memory runs out, by a larger batch than those of the others."""
        for handler in node.handlers:
            caught = None if handler[0] is None else self.settle(self.eval(handler[0], frame))
            for way in ways:
                if way.fork.value.reach is Reach.PROCESS and (caught is None or _surely_catches(caught, way.error)):
                    step = Step(How.COMPUTED, "what is caught is raised here", way.error.at or node.at)
                    trail = (*way.fork.value.trail, step)
                    return Caught(handler, trail, range(way.index, body.stop))
                if caught is None or self._catches(caught, way.error.name):
                    break  # what else it catches is not known to differ
            if self.loops and self.loops[-1].iterable is not None and _of_memory(caught, handler[2]):
                at = handler[0].at if handler[0] is not None else node.at
                step = Step(How.COMPUTED, "the memory of one GPU runs out, by a batch of its own", at)
                return Caught(handler, (step,), body)
        return None

    def _unraised(self, node: Try, signal: Signal, frame: Frame, mark: int, own: Caught | None) -> Signal:
        """The body went through on paper; its handlers may run all the same, but for imports, which are presumed."""
        if signal is None and node.otherwise:
            signal = self.block(node.otherwise, frame)
        handlers = [handler for handler in node.handlers if not self._only_imports(handler[0], frame)]
        # What is left by the body's own end is followed behind a handler only where some process surely comes to it.
        left = signal is not None and own is None
        if not handlers or left or (self.heap.mark == mark and not _calls(node.body)):
            return signal
        value = unknown("an exception", key=("exception", node.at, len(self.run.events)), kind=Kind.WITHHELD, low=0,
                        high=1, whole=True)  # fmt: skip
        _, name, body = handlers[0]
        if own is not None:
            _, name, body = own.handler
            value = self.chance("an exception", node.at, low=0, high=1, whole=True, trail=own.trail)

        def handle() -> Signal:
            if name is not None:
                self.heap.store(frame.names, name, Unread("an exception"))
            return self.block(body, frame)

        cursor, place, through = self.cursor, len(self.cursor), signal
        signal = self.fork(self.condition(value), node.at, handle, lambda: through)
        fork = cursor[place]
        if own is not None and isinstance(fork, Fork):
            fork.missed = own.missed
        return signal

    def _only_imports(self, exception: Expr | None, frame: Frame) -> bool:
        if exception is None:
            return False
        thing = self.eval(exception, frame)
        things = thing.items if isinstance(thing, ListObject) else (thing,)
        names = [one.name if isinstance(one, External) else "?" for one in things]
        return all(name in ("ImportError", "ModuleNotFoundError", "KeyboardInterrupt", "AttributeError", "NameError",
                            "KeyError") for name in names)  # fmt: skip

    # -- contexts

    def _with(self, node: With, frame: Frame) -> Signal:
        return self._with_from(node, 0, frame)

    def _with_from(self, node: With, number: int, frame: Frame) -> Signal:
        if number == len(node.items):
            return self.block(node.body, frame)
        expression, target = node.items[number]
        thing = self.eval(expression, frame)
        thing = self.settle(thing)
        inner = partial(self._with_from, node, number + 1, frame)
        if isinstance(thing, Pending) and thing.function.context:
            return self._generator_context(thing, target, frame, node.at, inner)
        if isinstance(thing, Instance) and isinstance(thing.cls, ClassObject):
            return self._object_context(thing, target, frame, node.at, inner)
        if target is not None:
            self.bind(target, thing, frame, node.at)
        outer = self.contexts
        event = maker(thing)
        if event is not None:
            self.contexts = (*outer, event)
        try:
            return inner()
        finally:
            self.contexts = outer

    def _generator_context(
        self, thing: Pending, target: Expr | None, frame: Frame, at: Span, inner: Callable[[], Signal]
    ) -> Signal:
        """A function with `yield` as a context: the body runs where the function yields."""
        signals: list[Signal] = []

        def body(given: Thing) -> Thing:
            if signals:
                return known(None)
            signals.append(None)
            kept = self.stack, self.labels, self.active
            self.stack, self.labels, self.active = outer
            try:
                if target is not None:
                    self.bind(target, given, frame, at)
                signals[0] = inner()
            finally:
                self.stack, self.labels, self.active = kept
            return known(None)

        outer = self.stack, self.labels, self.active
        self.active = list(self.active)
        thing.frame.yields = body
        self.enter(thing.function, thing.frame, at)
        return signals[0] if signals else None

    def _object_context(
        self, thing: Instance, target: Expr | None, frame: Frame, at: Span, inner: Callable[[], Signal]
    ) -> Signal:
        assert isinstance(thing.cls, ClassObject)
        entered: Thing = thing
        enter, leave = thing.cls.lookup("__enter__"), thing.cls.lookup("__exit__")
        if isinstance(enter, FunctionObject):
            entered = self.call(BoundMethod(thing, enter), Arguments(at, at))
        if target is not None:
            self.bind(target, entered, frame, at)
        try:
            return inner()
        finally:
            if isinstance(leave, FunctionObject):
                nothing = known(None)
                self.call(BoundMethod(thing, leave), Arguments(at, at, (nothing, nothing, nothing)))

    # -- loops

    def items_of(self, thing: Thing, limit: int) -> tuple[Thing, ...] | None:
        """The items one by one; None where they are not known or more than `limit`."""
        thing = self.settle(thing)
        found: tuple[Thing, ...] | None = None
        match thing:
            case ListObject():
                found = thing.items if thing.complete else None
            case DictObject():
                found = tuple([known(key) for key in thing.entries]) if thing.complete else None
            case RangeObject():
                length = thing.length.integer
                if length is not None and length <= limit:
                    found = tuple([thing.start + thing.step * number for number in range(length)])
            case Value(content=Items(complete=True)):
                inner = things_of(thing)
                found = inner.items if isinstance(inner, ListObject) else None
            case Value() if thing.string is not None and len(thing.string) <= limit:
                found = tuple([Value(Const(char), thing.trail) for char in thing.string])
            case Pending():
                found = self._collected(thing)
            case Iteration(kind="iter" | "tqdm", sources=(source, *_)):
                found = self.items_of(source, limit)
            case Instance(attributes=attributes) if "__items__" in attributes:
                found = self.items_of(attributes["__items__"], limit)
            case Instance(cls=ClassObject() as cls) if cls.fields is not None and not isinstance(
                cls.lookup("__iter__"), FunctionObject
            ):
                found = tuple(thing.attributes.values()) if "typing.NamedTuple" in cls.outside() else None
            case _:
                pass
        return found if found is not None and len(found) <= limit else None

    def _collected(self, thing: Pending) -> tuple[Thing, ...] | None:
        """All that a generator yields."""
        found: list[Thing] = []
        loops, branches = self.loops, self.branches
        exact = True

        def take(given: Thing) -> Thing:
            nonlocal exact
            exact = exact and self.loops == loops and self.branches == branches and len(found) < 1_000
            found.append(given)
            return known(None)

        thing.frame.yields = take
        self.enter(thing.function, thing.frame, thing.function.at)
        return tuple(found) if exact else None

    def count_of(self, thing: Thing) -> Value:
        """How many items it has."""
        thing = self.settle(thing)
        match thing:
            case ListObject(varies=True, unseen=False):
                return self.chance(f"len({describe(thing)})", at=self.nowhere, low=0, whole=True)
            case ListObject() | DictObject():
                return as_value(thing).length if isinstance(thing, ListObject) or thing.complete else unknown(
                    f"len({describe(thing)})", key=("len", thing.serial), low=len(thing.entries), whole=True
                )
            case RangeObject():
                return thing.length
            case Iteration(sources=(source, *_)):
                return self.count_of(source)
            case External(name="sys.argv") if (given := self.context.arguments) is not None and not any(
                word.many for word in given
            ):
                return known(1 + len(given))
            case Value():
                return thing.length if not thing.known or thing.string is not None else unknown("a length", low=0)
            case Unread(extent=Reach.PROCESS, unseen=False):
                return self.chance(f"len({describe(thing)})", at=self.nowhere, low=0, whole=True, trail=thing.trail)
            case Instance(cls=str(name)) if name in _LAYERS:
                # Nobody makes an empty one.
                return unknown(f"len({describe(thing)})", key=("len", thing.serial), low=1, whole=True)
            case Instance(prepared=True):
                # A loader is as long as the share of this process from here on.
                return unknown(f"len({describe(thing)})", key=("len", thing.serial, PREPARED), low=0, whole=True)
            case Object():
                return unknown(f"len({describe(thing)})", key=("len", thing.serial), low=0, whole=True)

    def element_of(self, thing: Thing, at: Span) -> Thing:
        """What stands for any one item."""
        thing = self.settle(thing)
        match thing:
            case RangeObject():
                low, high = thing.start.integer, thing.stop.integer
                bounds: dict[str, int] = {}
                if thing.step.integer == 1:
                    if low is not None:
                        bounds["low"] = low
                    if high is not None:
                        bounds["high"] = max(high - 1, low or 0)
                return self.anything("a loop's number", at, Reach.UNIFORM, kind=Kind.CHANCE, whole=True, **bounds)
            case Iteration(kind="enumerate", sources=(source,)):
                number = self.anything("a loop's number", at, Reach.UNIFORM, kind=Kind.CHANCE, whole=True, low=0)
                return listing("tuple", (number, self.element_of(source, at)))
            case Iteration(kind="zip", sources=sources):
                return listing("tuple", tuple([self.element_of(source, at) for source in sources]))
            case Iteration(sources=(source, *_)):
                return self.element_of(source, at)
            case ListObject(items=(), sources=(source,)):
                return self.element_of(source, at)
            case ListObject(items=items) if items:
                if all(isinstance(item, ListObject) and item.complete for item in items):
                    rows = [item.items for item in items if isinstance(item, ListObject)]
                    if len({len(row) for row in rows}) == 1:
                        turned = zip(*rows, strict=True)
                        columns = [self.element_of(listing("list", column), at) for column in turned]
                        return listing("tuple", tuple(columns))
                if len(items) == 1 or all(item is items[0] for item in items):
                    return items[0]
                numbers = [item.integer for item in items if isinstance(item, Value) and item.integer is not None]
                if len(numbers) == len(items):
                    bounds = {"low": min(numbers), "high": max(numbers)}
                    return self.anything("a loop's number", at, Reach.UNIFORM, kind=Kind.CHANCE, whole=True, **bounds)
                return Unread(f"an item of {describe(thing)}")
            case Value(content=Items()):
                return self.element_of(things_of(thing), at)
            case Pending():
                collected: list[Thing] = []
                around = len(self.loops)

                def take(given: Thing) -> Thing:
                    collected.append(given)
                    for loop in self.loops[around:]:
                        loop.hands_out = True
                    return known(None)

                thing.frame.yields = take
                self.enter(thing.function, thing.frame, at)
                return collected[-1] if collected else Unread("an item")
            case Instance() if shared_out(thing):
                step = Step(How.COMPUTED, "each process has batches of its own", at)
                return Unread(f"a batch of {describe(thing)}", Reach.PROCESS, (step,), made_by=thing.made_by)
            case Unread(made_by=Event(method="items" | "values" as method, receiver=Unread() as holder)) if (
                holder.content is Reach.PROCESS
            ):
                # The names in a batch are the same in all processes, what stands under them is not.
                entry = self.entry_of(holder)
                return entry if method == "values" else listing("tuple", (Unread("a name"), entry))
            case Instance() | Unread():
                return Unread(f"a batch of {describe(thing)}", made_by=thing.made_by)
            case _:
                return Unread(f"an item of {describe(thing)}")

    def _for(self, node: For, frame: Frame) -> Signal:
        bar = self.settle(self.eval(node.iterable, frame))
        source = self._behind_bar(bar)
        if isinstance(source, Instance) and isinstance(source.cls, ClassObject):
            iterate = source.cls.lookup("__iter__")
            if isinstance(iterate, FunctionObject) and iterate.generator:
                made = self.call(BoundMethod(source, iterate), Arguments(node.at, node.at))
                if isinstance(made, Pending):
                    return self._for_generator(node, made, frame)
        if isinstance(source, Pending):
            return self._for_generator(node, source, frame)
        label = Label("break", self.heap.mark, self.depth)
        outer = self.labels, self.branches, self.assumed
        self.labels = [*self.labels, label]
        try:
            assigned = self._assigned(node)
            drawn = assigned.processes and isinstance(source, RangeObject)
            items = None if drawn else self.items_of(source, PUT_TOGETHER if assigned.puts_together else UNROLLED)
            if items is not None:
                signal = self._rounds(node, items, frame)
            else:
                item = self.element_of(source, node.at)
                repeat = Repeat(node.at, self.count_of(source), bar, item=item if isinstance(item, Value) else None)
                signal = self._abstract(node, repeat, lambda: self.bind(node.target, item, frame, node.at), frame)
            if signal is not None and signal[0] == "break":
                signal = None
            elif signal is None and node.otherwise:
                signal = self.block(node.otherwise, frame)
            return signal
        finally:
            self.labels = outer[0]
            self.settle_label(label, ("break", "continue"), outer[1])
            self.assumed = outer[2]

    def _behind_bar(self, thing: Thing) -> Thing:
        """What a progress bar goes over."""
        made = maker(thing)
        barred = made is not None and made.name in BARS and made.positional and not made.open
        return self.settle(made.positional[0]) if made is not None and barred else thing

    def _rounds(self, node: For, items: tuple[Thing, ...], frame: Frame) -> Signal:
        for item in items:
            self.bind(node.target, item, frame, node.at)
            signal = self._round(node.body, frame)
            if signal is not None:
                return signal
        return None

    def _round(self, body: tuple[Stmt, ...], frame: Frame) -> Signal:
        label = Label("continue", self.heap.mark, self.depth)
        outer = self.labels, self.branches, self.assumed
        self.labels = [*self.labels, label]
        try:
            signal = self.block(body, frame)
            return None if signal is not None and signal[0] == "continue" else signal
        finally:
            self.labels = outer[0]
            self.settle_label(label, ("continue",), outer[1])
            self.assumed = outer[2]

    def _for_generator(self, node: For, source: Pending, frame: Frame) -> Signal:
        """The loop's body runs where the generator yields."""
        label = Label("break", self.heap.mark, self.depth)
        outer = self.labels, self.branches, self.assumed
        here = self.stack, [*self.labels, label], self.active
        ended: list[Signal] = []
        rounds = 0

        def body(given: Thing) -> Thing:
            nonlocal rounds
            rounds += 1
            if ended or rounds > 8 * UNROLLED:
                return known(None)
            kept = self.stack, self.labels, self.active
            self.stack, self.labels, self.active = here[0], here[1], list(here[2])
            try:
                self.bind(node.target, given, frame, node.at)
                signal = self._round(node.body, frame)
                if signal is not None:
                    ended.append(signal)
            finally:
                self.stack, self.labels, self.active = kept
            return known(None)

        source.frame.yields = body
        before = self.active
        self.active = list(self.active)
        try:
            self.enter(source.function, source.frame, node.at)
        finally:
            self.active = before
            self.labels = outer[0]
            self.settle_label(label, ("break", "continue"), outer[1])
            self.assumed = outer[2]
        if ended and ended[0] is not None and ended[0][0] == "return":
            return ended[0]
        return None

    def _while(self, node: While, frame: Frame) -> Signal:
        label = Label("break", self.heap.mark, self.depth)
        outer = self.labels, self.branches, self.assumed
        self.labels = [*self.labels, label]
        try:
            for _ in range(UNROLLED + 1):
                mark = self.left_steps
                test = self.eval(node.test, frame)
                decided = self.decide(test)
                if decided is False:
                    return self.block(node.otherwise, frame) if node.otherwise else None
                endless = isinstance(node.test, Constant)
                if decided is None or endless or mark < 0:
                    break
                if not self._counts(node, frame):
                    break
                signal = self._round(node.body, frame)
                if signal is not None:
                    return None if signal[0] == "break" else signal
            key = ("while", node.at, len(self.run.events))
            count = unknown("the rounds of a while loop", key=key, low=0, whole=True)
            repeat = Repeat(node.at, count, None)
            signal = self._abstract(node, repeat, lambda: None, frame)
            return None if signal is not None and signal[0] == "break" else signal
        finally:
            self.labels = outer[0]
            self.settle_label(label, ("break", "continue"), outer[1])
            self.assumed = outer[2]

    def _counts(self, node: While, frame: Frame) -> bool:
        """The test is about a few rounds: it was decided by numbers that the body changes."""
        return bool(self._assigned(node).names)

    def _abstract(self, node: For | While, repeat: Repeat, begin: Callable[[], None], frame: Frame) -> Signal:
        """One round that stands for all, from a state in which what rounds change is not known."""
        self.forget(self._assigned(node), node.at, frame)
        outer = self.cursor, self.loops, self.branches, self.assumed, self.contexts
        mark = self.heap.mark
        recorded, forwards = self._lengths(), dict(self.forwards)
        signal: Signal = None
        for attempt in range(AGAIN + 1):
            self.cursor, self.loops = repeat.body, (*outer[1], repeat)
            error: Exception | None = None
            try:
                begin()
                if isinstance(node, While):
                    self.eval(node.test, frame)
                signal = self._round(node.body, frame)
            except (Raised, Left) as caught:
                error = caught.with_traceback(None)
            finally:
                self.cursor, self.loops, self.contexts = outer[0], outer[1], outer[4]
            drifted = self._drifted(mark) if error is None and attempt < AGAIN and len(outer[1]) < REDONE else []
            if not drifted:
                break
            self.heap.undo(mark)
            self._restore(recorded)
            self.forwards = dict(forwards)
            self.branches, self.assumed = outer[2], outer[3]
            repeat.body.clear()
            for place, key, steady in drifted:
                self.heap.store(place, key, self._forgotten(place[key], node.at, key, steady))
            mark = self.heap.mark
        outer[0].append(repeat)
        if error is not None:
            # A round that surely fails would end the script: more likely something was misread.
            return None
        self._widen(mark, node.at, repeat)
        if signal is not None and signal[0] in ("return", "break") and not isinstance(node, While):
            return signal
        return signal

    def _lengths(self) -> dict[str, int]:
        run = self.run
        return {name: len(getattr(run, name)) for name in _LISTS}

    def _restore(self, lengths: dict[str, int]) -> None:
        for name, length in lengths.items():
            del getattr(self.run, name)[length:]
        self.spawns = len(self.run.children)

    def _drifted(self, mark: int) -> list[tuple[dict[Any, Any], Any, bool | None]]:
        """Values that were there before the round and that it leaves changed, or may; whether it surely counted them
        up, or only on one side of a condition."""
        found = []
        for place, key, old in self.heap.before(mark).values():
            new = place.get(key, MISSING)
            sides = [*new.alternatives()] if isinstance(new, Either) else [new]
            values = [side for side in sides if isinstance(side, Value)]
            computed = any(isinstance(side, Unread) and side.scalar for side in sides)
            drifted = isinstance(old, Value) and not old.is_unknown and (computed or not all(map(old.same, values)))
            grown = isinstance(old, Members) and isinstance(new, Members) and old.complete and old is not new
            if drifted or grown:
                # A loop within may have no rounds, and counts in each that it has.
                within = isinstance(new, Either) and isinstance(new.condition, tuple) and new.condition[0] == "rounds"
                ups = [isinstance(old, Value) and _above(side, old) for side in values]
                kept = [isinstance(old, Value) and counted(side) and (side >= old).always for side in values]
                steady = all(kept if within and any(ups) else ups)
                found.append((place, key, steady if any(ups) else None))
        return found

    def _forgotten(self, content: Any, at: Span, key: object, steady: bool | None) -> Any:
        if isinstance(content, Members):
            return Members((), False)
        return self.carried(str(key), at, content, steady)

    def forget(self, assigned: Assigned, at: Span, frame: Frame) -> None:
        """Plain values that the body assigns are anything when a round begins; what it counts up is any number."""
        for name in assigned.names:
            place = frame.elsewhere.get(name, frame.names)
            old = place.get(name)
            if _plain(old):
                self.heap.store(place, name, self.carried(name, at, old, assigned.counters.get(name)))
        for owner, name in assigned.attributes:
            thing = frame.names.get(owner)
            old = thing.attributes.get(name) if isinstance(thing, Instance) else None
            if isinstance(thing, Instance) and _plain(old):
                steady = assigned.counters.get((owner, name))
                self.heap.store(thing.attributes, name, self.carried(name, at, old, steady))

    def _widen(self, mark: int, at: Span, repeat: Repeat) -> None:
        """After any number of rounds: what one round left, or what stood before."""
        never = not (repeat.count > 0).always
        for place, key, old in self.heap.before(mark).values():
            new = place.get(key, MISSING)
            if old is MISSING or new is MISSING or old is new:
                continue
            if isinstance(old, Members) and isinstance(new, Members):
                self.heap.store(place, key, Members(new.items, False, new.varies))
            elif isinstance(old, Entries) and isinstance(new, Entries):
                self.heap.store(place, key, Entries(new.entries, False, new.others, new.keys, new.varies))
            elif never and isinstance(old, Value | Object) and isinstance(new, Value | Object):
                # Some rounds were gone through, or the difference would have no consequence.
                varies = isinstance(new, Unread) and new.content is Reach.PROCESS
                self.heap.store(place, key, join_things(new, old, ("rounds", at), varies))

    def _assigned(self, node: For | While) -> Assigned:
        found = self.assigned.get(id(node))
        if found is None:
            found = self.assigned[id(node)] = assigned_by(node)
        return found

    # -- definitions

    def _function(self, node: FunctionDef, frame: Frame) -> Signal:
        self.heap.store(frame.elsewhere.get(node.name, frame.names), node.name, self.define(node, frame, None))
        return None

    def define(self, node: FunctionDef, frame: Frame, owner: ClassObject | None) -> Thing:
        defaults = {
            parameter.name: self.named(f"{parameter.name}=", parameter.default, frame)
            for parameter in node.parameters
            if parameter.default is not None
        }
        outer = frame if frame.function is not None or frame.outer is not None else None
        if owner is not None:
            outer = frame.outer
        function = FunctionObject(
            node.name, node.parameters, node.body, None, frame.module, outer, node.name_at, defaults, node.generator,
            owner,
        )  # fmt: skip
        thing: Thing = function
        for decorator in reversed(node.decorators):
            thing = self._decorated(thing, function, decorator, frame)
        return thing

    def _decorated(self, thing: Thing, function: FunctionObject, decorator: Expr, frame: Frame) -> Thing:
        made = self.eval(decorator, frame)
        name = ""
        if isinstance(made, External):
            name = made.name
        elif isinstance(made, Instance | Unread) and made.made_by is not None:
            name = made.made_by.name
        elif hasattr(made, "method"):
            name = f"?.{made.method}"
        if isinstance(made, FunctionObject | Partial | BoundMethod | ClassObject) or (
            isinstance(made, Instance) and (isinstance(made.cls, ClassObject) or f"{made.cls}.__call__" in FUNCTIONS)
        ) or name == PMAP:
            result = self.call(made, Arguments(decorator.at, decorator.at, (thing,)))
            if isinstance(thing, FunctionObject) and isinstance(result, Unread) and _maps(result):
                thing.mapped = result
            readable = FunctionObject | BoundMethod | Partial | Instance | ClassObject | Pending
            return result if isinstance(result, readable) else thing
        # What is decorated is what the decorators below made of the function.
        target = thing if isinstance(thing, FunctionObject) else function
        target.marks = target.marks | {name or "?"}
        event = maker(made)
        if isinstance(made, External) and name in AROUND:
            event = self.record(name, decorator.at, decorator.at, (), {}, False, None, {})
        decorate(target, name, event)
        last = name.rpartition(".")[2]
        match last:
            case "staticmethod":
                target.static = True
            case "classmethod":
                target.class_method = True
            case "property" | "cached_property" | "functional_property":
                target.property_ = True
            case "contextmanager" | "asynccontextmanager":
                target.context = True
            case "setter" | "getter" | "deleter":
                read = self.lookup(function.name, frame, decorator.at)
                if last == "setter" and isinstance(read, FunctionObject):
                    read.setter = function
                return read
            case _:
                pass
        return thing

    def _class(self, node: ClassDef, frame: Frame) -> Signal:
        bases = tuple([self.settle(self.eval(base, frame)) for base in node.bases if not isinstance(base, Starred)])
        cls = ClassObject(node.name, frame.module, bases, {}, node)
        inner = Frame(cls.names, frame.module, frame if frame.function is not None else None)
        declared: list[tuple[str, Expr | None]] = []
        for statement in node.body:
            self.spend()
            if isinstance(statement, FunctionDef):
                thing = self.define(statement, inner, cls)
                self.heap.store(cls.names, statement.name, thing)
            else:
                _HANDLERS[type(statement)](self, statement, inner)
            if isinstance(statement, Assign) and statement.annotation is not None:
                target = statement.targets[0]
                if isinstance(target, Name):
                    declared.append((target.id, statement.value))
        names = [self.eval(decorator.func if isinstance(decorator, Call) else decorator, frame)
                 for decorator in node.decorators]  # fmt: skip
        marks = [thing.name.rpartition(".")[2] for thing in names if isinstance(thing, External)]
        outside = cls.outside()
        modelled = any(name.startswith("pydantic.") or name in _DATA_BASES for name in outside)
        if "dataclass" in marks or "define" in marks or (declared and modelled):
            cls.fields = tuple(declared)
        place = frame.elsewhere.get(node.name, frame.names)
        self.heap.store(place, node.name, cls)
        self._subclassed(cls, node, frame)
        whole: Thing = cls
        for decorator, made in reversed(tuple(zip(node.decorators, names, strict=True))):
            if isinstance(made, FunctionObject | BoundMethod | Partial):
                if isinstance(decorator, Call):
                    made = self.call(made, self.arguments(decorator, frame))
                result = self.call(made, Arguments(decorator.at, decorator.at, (whole,)))
                whole = result if isinstance(result, ClassObject | FunctionObject | Partial | Instance) else whole
        if whole is not cls:
            self.heap.store(place, node.name, whole)
        return None

    def _subclassed(self, cls: ClassObject, node: ClassDef, frame: Frame) -> None:
        """`__init_subclass__` of the nearest base that has one."""
        for base in list(cls.ancestry())[1:]:
            hook = base.names.get("__init_subclass__")
            if isinstance(hook, FunctionObject):
                keywords = {
                    keyword.name: self.eval(keyword.value, frame)
                    for keyword in node.keywords
                    if keyword.name is not None and keyword.name != "metaclass"
                }
                self.call(BoundMethod(cls, hook), Arguments(node.name_at, node.name_at, (), keywords))
                return

    # -- imports

    def _import(self, node: Import, frame: Frame) -> Signal:
        module = self.library.absolute(node.module)
        parts = node.module.split(".")
        plain = node.name == parts[0]
        if module is None:
            top = self.library.absolute(parts[0]) if len(parts) > 1 else None
            if top is not None and plain:
                self.want(top)
                self.heap.store(frame.names, node.name, top)
                return None
            name = parts[0] if plain else canonical(node.module)
            self.heap.store(frame.elsewhere.get(node.name, frame.names), node.name, self.external(name))
            return None
        self.want(module)
        thing: Thing = module
        if plain and len(parts) > 1:
            for number in range(1, len(parts)):
                package = self.library.absolute(".".join(parts[:number]))
                if package is not None:
                    self.want(package)
            thing = self.library.absolute(parts[0]) or module
        self.heap.store(frame.elsewhere.get(node.name, frame.names), node.name, thing)
        return None

    def _import_from(self, node: ImportFrom, frame: Frame) -> Signal:
        if node.level:
            module = self.library.relative(frame.module.path, node.level, node.module)
        else:
            module = self.library.absolute(node.module)
        place = frame.names
        if module is None:
            outside = canonical(node.module)
            for name, local in node.names:
                if name == "*":
                    frame.module.stars.append(self.external(outside))
                else:
                    target = frame.elsewhere.get(local, place)
                    self.heap.store(target, local, self.external(canonical(f"{outside}.{name}")))
            return None
        self.want(module)
        for name, local in node.names:
            if name == "*":
                self._star(module, frame)
            else:
                found: Thing | None = module.names.get(name) if module.state != "new" else None
                if found is None:
                    plain = module.state != "new" or self._leaves_out(module, name)
                    inner = self.submodule(module, name) if plain else None
                    found = inner if inner is not None and name not in module.names else Deferred(module, name)
                if isinstance(found, ModuleObject):
                    self.want(found)
                self.heap.store(frame.elsewhere.get(local, place), local, found)
        return None

    def _leaves_out(self, module: ModuleObject, name: str) -> bool:
        """It is a folder, or its `__init__.py` has no such word: the name can be that of a module within only."""
        source = self.context.files.source(module.path)
        return source is None or (name not in source.text and "import *" not in source.text)

    def want(self, module: ModuleObject) -> None:
        """Run a module now if running it may matter; otherwise when one of its names is used."""
        if module.state == "new" and self.library.stirs(module):
            self.load_module(module)

    def _star(self, module: ModuleObject, frame: Frame) -> None:
        if module.state == "new":
            self.load_module(module)
        exported = module.names.get("__all__")
        chosen = None
        if isinstance(exported, ListObject) and exported.complete:
            chosen = {as_value(item).string for item in exported.items}
        for name, thing in list(module.names.items()):
            if (name in chosen) if chosen is not None else not name.startswith("_"):
                self.heap.store(frame.names, name, thing)
        frame.module.stars += [star for star in module.stars if star not in frame.module.stars]

    def imported(self, name: str) -> Thing:
        """What a dotted name means: a module, or something in one."""
        parts = name.split(".")
        for number in range(len(parts), 0, -1):
            module = self.library.absolute(".".join(parts[:number]))
            if module is not None:
                self.want(module)
                thing: Thing = module
                for part in parts[number:]:
                    thing = self.attribute(thing, part, self.nowhere)
                return thing
        return self.external(canonical(name))

    def submodule(self, module: ModuleObject, name: str) -> ModuleObject | None:
        found = self.library.inside(module, name)
        if found is not None:
            self.want(found)
        return found

    def load_module(self, module: ModuleObject) -> None:
        """Run a module's body; what it was doing when it failed is lost, what it had defined stays."""
        if module.state != "new":
            return
        module.state = "running"
        if self.library.count > LOADED:
            self.run.truncated = True
            module.state = "done"
            return
        program = self.context.files.script(module.path)
        if program is not None:
            self.run.modules.append(module.path)
            self.run.programs.append(program)
            outer = (self.cursor, self.branches, self.assumed, self.loops, self.contexts, self.labels, self.stack)
            self.stack, self.labels = (*self.stack,), []
            mark = self.heap.mark
            try:
                self._imported(program.body, Frame(module.names, module))
            except Raised:
                pass
            finally:
                self.cursor, self.branches, self.assumed, self.loops, self.contexts, self.labels, self.stack = outer
                # Loaded once, be it in a branch or in a round of a loop that is tried again: its names stay.
                self.heap.keep(mark, but=self.environment)
        module.state = "done"

    def _imported(self, body: tuple[Stmt, ...], frame: Frame) -> None:
        """Run a module's body with what is left for imports, so that a large library leaves steps for the script."""
        if self.reserve:
            self.block(body, frame)
            return
        begun = self.left_steps
        self.reserve = max(begun - self.importable, 1)
        try:
            self.block(body, frame)
        except Spent:
            self.run.truncated = True
        finally:
            self.reserve = 0
            self.importable -= begun - self.left_steps

    # -- what needs the environment

    def test_environment(self, name: str, at: Span) -> Value:
        written = self.environment.get(name)
        value = as_value(written) if written is not None else self.context.environment.get(name)
        self.run.reads.append(EnvironmentRead(name, at, False, value, absent(), self.branches, tested=True))
        return value


@record(eq=False)
class Caught:
    """A handler to which a process comes by its own data."""

    handler: Handler
    trail: Trail
    missed: range
    """Numbers of the calls that it leaves out."""


def _alone(way: Withdrawn, around: tuple[tuple[Fork, int], ...]) -> bool:
    """Within the `try`, no other condition stands around it than those on a process's own data."""
    return all(branch in around or branch[0].value.reach is Reach.PROCESS for branch in way.branches)


def _surely_catches(caught: Thing, error: Raised) -> bool:
    match caught:
        case ListObject():
            return any(_surely_catches(item, error) for item in caught.items)
        case ClassObject():
            return isinstance(error.cls, ClassObject) and caught in error.cls.ancestry()
        case External(name=name):
            wide, narrow = _EXCEPTIONS.get(name), _EXCEPTIONS.get(error.name)
            return wide is not None and narrow is not None and issubclass(narrow, wide)
        case _:
            return False


def _of_memory(caught: Thing | None, body: tuple[Stmt, ...]) -> bool:
    """It deals with a GPU that has no more memory: by the class of what is raised, or by its words."""
    if isinstance(caught, External) and caught.name in _OUT_OF_MEMORY:
        return True
    words = (node.value for node in nodes_of(body) if isinstance(node, Constant))
    plain = isinstance(caught, External) and caught.name == "RuntimeError"
    return plain and any(isinstance(word, str) and "out of memory" in word for word in words)


def _setter(cls: ClassObject, name: str) -> FunctionObject | None:
    """What assigning to the attribute runs, if it is a property of the class."""
    member = cls.lookup(name)
    return member.setter if isinstance(member, FunctionObject) else None


_DATA_BASES: Final = frozenset(
    ("typing.NamedTuple", "transformers.TrainingArguments", "transformers.Seq2SeqTrainingArguments", "typing.TypedDict")
)
_OUT_OF_MEMORY: Final = frozenset(("torch.OutOfMemoryError", "torch.cuda.OutOfMemoryError"))
_LISTS: Final = ("events", "reads", "writes", "asked", "sought", "parsers", "children", "subprocesses")

_EXCEPTIONS: Final[dict[str, type[BaseException]]] = {
    name: thing
    for name, thing in vars(builtins).items()
    if isinstance(thing, type) and issubclass(thing, BaseException)
}


def _calls(body: tuple[Stmt, ...]) -> bool:
    """Some statement does more than name things."""
    return any(not isinstance(statement, Import | ImportFrom | Jump) for statement in body)


def _nested(node: If) -> If:
    """`if a and b:` as `if a: if b:`, and `if a or b: return` as `if a: return` before `if b: return`, so that each
    condition keeps what is known of it: joined, `step > 0 and step % 100 == 0` would be a condition of its own."""
    match node:
        case If(test=BoolOp(operator="and", operands=(first, *rest)) as test, otherwise=()):
            return If(first, (If(_joined(test, rest), node.body, (), node.at),), (), node.at)
        case If(test=BoolOp(operator="or", operands=(first, *rest)) as test, body=(Return() | Jump(),), otherwise=()):
            return If(first, node.body, (If(_joined(test, rest), node.body, (), node.at),), node.at)
        case _:
            return node


def _maps(decorated: Unread) -> bool:
    return decorated.made_by is not None and decorated.made_by.name == PMAP


def _joined(test: BoolOp, operands: list[Expr]) -> Expr:
    return operands[0] if len(operands) == 1 else BoolOp(test.operator, tuple(operands), test.at)


def _plain(thing: object) -> TypeGuard[Value | Either]:
    """A value, or a choice of several: what a loop before may have left, if it had rounds."""
    return isinstance(thing, Value) or (isinstance(thing, Either) and thing.plain)


def _above(value: Value, old: Value) -> bool:
    """It is the greater one of two whole numbers, in all processes alike."""
    return old.known and counted(old) and counted(value) and (value > old).always


_M = Machine
_HANDLERS: Final[dict[type, Callable[[Any, Any, Frame], Signal]]] = {
    Assign: _M._assign, AugAssign: _M._augmented, ExprStatement: _M._expression, Return: _M._return,
    Raise: _M._raise, Assert: _M._assert, Delete: _M._delete, Jump: _M._jump, Import: _M._import,
    ImportFrom: _M._import_from, Scope: _M._scope, If: _M._if, For: _M._for, While: _M._while, With: _M._with,
    Try: _M._try, Match: _M._match, FunctionDef: _M._function, ClassDef: _M._class,
}  # fmt: skip

