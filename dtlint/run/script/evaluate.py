"""Expressions: names, attributes, operators and displays, evaluated to things."""

from __future__ import annotations

import builtins
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from dtlint.facts.script import (
    Attribute,
    Await,
    BoolOp,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Dict,
    Expr,
    Format,
    Lambda,
    Name,
    Opaque,
    Operation,
    Sequence,
    Slice,
    Starred,
    Subscript,
    Walrus,
    Yield,
)
from dtlint.run.effects import TABLE, Effect
from dtlint.run.effects.names import canonical
from dtlint.run.script.call import Arguments
from dtlint.run.script.chosen import chosen_truth, plain_truth
from dtlint.run.script.flows import Facets, combined, facets, selected
from dtlint.run.script.heap import join_things
from dtlint.run.script.objects import (
    LONGEST_ORIGIN,
    BoundMethod,
    ClassObject,
    Deferred,
    DictObject,
    Either,
    External,
    ExternalMethod,
    Frame,
    FunctionObject,
    Instance,
    Iteration,
    ListObject,
    ModuleObject,
    Object,
    RangeObject,
    Strided,
    Super,
    Thing,
    Unread,
    as_value,
    attributes_of,
    describe,
    listing,
    maker,
    mapping,
    spread,
    things_of,
)
from dtlint.run.script.operators import (
    Failed,
    among,
    as_truth_value,
    binary,
    compare,
    contains,
    derived,
    formatted,
    unary,
)
from dtlint.run.script.printing import printed
from dtlint.run.script.state import Raised, Signal, State, negation
from dtlint.run.script.trace import Quotient, Repeat
from dtlint.source import Span
from dtlint.value import (
    FALSE,
    TRUE,
    Const,
    Fields,
    How,
    Items,
    Kind,
    Reach,
    Scalar,
    Step,
    Truth,
    Value,
    known,
    text,
    undecided,
    unknown,
)

COMPREHENDED: Final = 128
"""Items up to which a comprehension is computed one by one."""

LONGEST_LIST: Final = 4096
"""Items beyond which a list is not followed item by item."""

_BUILTINS: Final = frozenset(name for name in dir(builtins) if not name.startswith("__")) | {"__import__"}

ENVIRON: Final = "os.environ"


class Evaluator(State):
    """Evaluates expressions; what calls do is added by its heirs."""

    def eval(self, node: Expr, frame: Frame) -> Thing:
        self.spend()
        return _HANDLERS[type(node)](self, node, frame)

    def value(self, node: Expr, frame: Frame) -> Value:
        return as_value(self.eval(node, frame))

    @abstractmethod
    def call(self, callee: Thing, arguments: Arguments) -> Thing: ...

    @abstractmethod
    def load_module(self, module: ModuleObject) -> None: ...

    @abstractmethod
    def submodule(self, module: ModuleObject, name: str) -> ModuleObject | None: ...

    @abstractmethod
    def bind(self, target: Expr, thing: Thing, frame: Frame, at: Span) -> None: ...

    @abstractmethod
    def items_of(self, thing: Thing, limit: int) -> tuple[Thing, ...] | None: ...

    @abstractmethod
    def element_of(self, thing: Thing, at: Span) -> Thing: ...

    @abstractmethod
    def count_of(self, thing: Thing) -> Value: ...

    @abstractmethod
    def answer(self, name: str, receiver: Thing | None, at: Span) -> Thing | None: ...

    # -- leaves

    def _constant(self, node: Constant, frame: Frame) -> Value:
        shown = repr(node.value)
        return Value(Const(node.value), (Step(How.WRITTEN, shown if len(shown) <= 60 else shown[:57] + "…", node.at),))

    def named(self, label: str, node: Expr, frame: Frame) -> Thing:
        """A value given a name: a literal's step then reads as it stands, `epochs = 5`."""
        if isinstance(node, Constant):
            self.spend()
            shown = repr(node.value)
            if len(shown) > 60:
                shown = shown[:57] + "…"
            return Value(Const(node.value), (Step(How.WRITTEN, f"{label}{shown}", node.at),))
        return self.eval(node, frame)

    def _opaque(self, node: Opaque, frame: Frame) -> Value:
        return self.anything("something", node.at)

    def _name(self, node: Name, frame: Frame) -> Thing:
        return self.lookup(node.id, frame, node.at)

    def lookup(self, name: str, frame: Frame, at: Span) -> Thing:
        scope: Frame | None = frame
        while scope is not None:
            place = scope.elsewhere.get(name)
            if place is not None:
                found = place.get(name)
                if found is not None:
                    return self.ready(found, place, name)
                break
            found = scope.names.get(name)
            if found is not None:
                return self.ready(found, scope.names, name)
            scope = scope.outer
        names = frame.module.names
        found = names.get(name)
        if found is not None:
            return self.ready(found, names, name)
        if name in _BUILTINS:
            return self.external(name)
        if name == "__name__":
            return known(frame.module.name)
        if name == "__file__":
            return known(frame.module.path)
        for star in reversed(frame.module.stars):
            candidate = canonical(f"{star.name}.{name}")
            if len(frame.module.stars) == 1 or TABLE.find(candidate) is not None:
                return self.external(candidate)
        return unknown(name, key=("name", self.context.scope, frame.module.path, name))

    def ready(self, found: Thing, place: dict[str, Thing], name: str) -> Thing:
        """What stands under a name, loaded and settled."""
        if isinstance(found, Value):
            return found
        if isinstance(found, Deferred):
            found = self.from_module(found.module, found.name)
            self.heap.settle(place, name, found)
        return self.settle(found)

    def from_module(self, module: ModuleObject, name: str, again: int = 0) -> Thing:
        """`from module import name`."""
        if module.state == "new":
            self.load_module(module)
        found = module.names.get(name)
        if isinstance(found, Deferred) and again < 20:
            found = self.from_module(found.module, found.name, again + 1)
            self.heap.settle(module.names, name, found)
        if found is not None:
            return self.settle(found)
        inner = self.submodule(module, name)
        if inner is not None:
            return inner
        if "__getattr__" not in module.names:
            for star in module.stars:
                return self.external(canonical(f"{star.name}.{name}"))
        return Unread(f"{module.name}.{name}")

    # -- attributes

    def _attribute(self, node: Attribute, frame: Frame) -> Thing:
        owner = self.eval(node.value, frame)
        try:
            return self.attribute(owner, node.name, node.at)
        except Raised as error:
            return self.survive(error, node.at)

    def attribute(self, thing: Thing, name: str, at: Span) -> Thing:
        match thing:
            case Value():
                return self._value_attribute(thing, name)
            case Instance():
                return self._instance_attribute(thing, name, at)
            case ModuleObject():
                if name not in thing.names and name in ("__file__", "__name__"):
                    return known(thing.path if name == "__file__" else thing.name)
                return self.from_module(thing, name)
            case External(name=outer):
                return self.external(canonical(f"{outer[:2 * LONGEST_ORIGIN]}.{name}"))
            case ClassObject():
                found = thing.lookup(name)
                if found is None:
                    if name == "__name__":
                        return known(thing.name)
                    outside = thing.outside()
                    return self.external(f"{outside[0]}.{name}") if outside else Unread(f"{thing.name}.{name}")
                if isinstance(found, FunctionObject) and found.class_method:
                    return BoundMethod(thing, found)
                if isinstance(found, Unread) and found.made_by is not None and found.made_by.name == "enum.auto":
                    return self._numbered(thing, name)
                return self.settle(found)
            case Super():
                return self._super_attribute(thing, name)
            case Either():
                return self._either_attribute(thing, name, at)
            case Unread():
                found = thing.attributes.get(name)
                return self.settle(found) if found is not None else ExternalMethod(thing, f"?.{name}", name)
            case ExternalMethod(name=outer):
                return ExternalMethod(thing, f"{outer[:LONGEST_ORIGIN]}.{name}", name)
            case FunctionObject() if name == "__name__":
                return known(thing.name)
            case Object():
                return ExternalMethod(thing, f"{describe(thing)}.{name}", name)

    def _numbered(self, cls: ClassObject, name: str) -> Value:
        """A member of an Enum whose number is left to Python: the others are surely not it."""
        family = ("members", cls.definition.at)
        return unknown(f"{cls.name}.{name}", key=(*family, name), reach=Reach.UNIFORM, family=family)

    def _value_attribute(self, value: Value, name: str) -> Thing:
        if isinstance(value.content, Fields):
            return things_of(value.field(name))
        return ExternalMethod(value, f"?.{name}", name)

    def _instance_attribute(self, instance: Instance, name: str, at: Span) -> Thing:
        found = instance.attributes.get(name)
        if found is not None:
            return self.ready(found, instance.attributes, name)
        if isinstance(instance.cls, ClassObject):
            member = instance.cls.lookup(name)
            if member is not None:
                return self._bound(member, instance, name, at)
            if name == "__class__":
                return instance.cls
            if name == "__dict__":
                return attributes_of(instance)
        for outside in instance.class_names:
            answer = self.answer(f"{outside}.{name}", instance, at)
            if answer is not None:
                return answer
        made = instance.made_by
        if made is not None and made.result is instance and made.row is not None and Effect.WRAPS in made.row.effects:
            self.ask(instance, name, at)
        if instance.class_names:
            return ExternalMethod(instance, canonical(f"{instance.class_names[0]}.{name}"), name)
        if isinstance(instance.cls, ClassObject):
            getter = instance.cls.lookup("__getattr__")
            if isinstance(getter, FunctionObject):
                return self.call(BoundMethod(instance, getter), Arguments(at, at, (known(name),)))
        return ExternalMethod(instance, f"?.{name}", name)

    def _bound(self, member: Thing, receiver: Instance, name: str, at: Span) -> Thing:
        member = self.settle(member)
        if isinstance(member, Deferred):
            member = self.from_module(member.module, member.name)
        if isinstance(member, FunctionObject):
            if member.static:
                return member
            if member.class_method:
                return BoundMethod(receiver.cls if isinstance(receiver.cls, ClassObject) else receiver, member)
            method = BoundMethod(receiver, member)
            return self.call(method, Arguments(at, at)) if member.property_ else method
        return member

    def _super_attribute(self, thing: Super, name: str) -> Thing:
        ancestry = list(thing.owner.ancestry())[1:]
        receiver = thing.receiver
        if isinstance(receiver, Instance) and isinstance(receiver.cls, ClassObject):
            # Python asks the receiver's order of bases, which matters for mixed-in classes.
            order = list(receiver.cls.ancestry())
            if thing.owner in order:
                ancestry = order[order.index(thing.owner) + 1 :]
        for cls in ancestry:
            member = cls.names.get(name)
            if isinstance(member, FunctionObject):
                return member if member.static else BoundMethod(receiver, member)
            if member is not None:
                return self.settle(member)
        outside = thing.owner.outside()
        return ExternalMethod(receiver, canonical(f"{outside[0] if outside else 'object'}.{name}"), name)

    def _either_attribute(self, thing: Either, name: str, at: Span) -> Thing:
        # None has no attributes: whoever asks is on the other side.
        meant = [
            (condition, side)
            for condition, side in ((True, thing.then), (False, thing.otherwise))
            if not (isinstance(side, Value) and side.known and side.constant is None)
        ]
        sides = []
        several = len(meant) > 1
        self.wavering += several
        before = self.assumed
        try:
            for condition, side in meant:
                self.assumed = {**before, thing.condition: condition}
                sides.append(self.attribute(self.settle(side), name, at))
        finally:
            self.assumed = before
            self.wavering -= several
        if not sides:
            raise Raised("AttributeError")
        return sides[0] if len(sides) == 1 else join_things(sides[0], sides[1], thing.condition, thing.varies)

    # -- subscripts

    def _subscript(self, node: Subscript, frame: Frame) -> Thing:
        if isinstance(node.value, Attribute) and node.value.name == "__dict__":
            named = self._of_module(node.value.value, node.index, node.at, frame)
            if named is not None:
                return named
        thing = self.eval(node.value, frame)
        if isinstance(node.index, Slice):
            return self._sliced(thing, node.index, frame)
        index = self.eval(node.index, frame)
        try:
            found = self.item(thing, index, node.at)
            if isinstance(found, Unread) and found is not thing:
                if found.part_of is thing and isinstance(index, Value):
                    found.key = index
                found.remainder = self._remainder(node.index, index, frame)
            return found
        except Raised as error:
            error.because = (*error.because, as_value(index))
            return self.survive(error, node.at)

    def _of_module(self, owner: Expr, index: Expr, at: Span, frame: Frame) -> Thing | None:
        """What `models.__dict__["resnet50"]` names in a module, be it of the workspace or of a library."""
        root = owner
        while isinstance(root, Attribute):
            root = root.value
        # Nothing else is evaluated, which might do something twice.
        if not isinstance(root, Name) or not isinstance(self.eval(root, frame), ModuleObject | External):
            return None
        module = self.eval(owner, frame)
        if not isinstance(module, ModuleObject | External):
            return None
        name = as_value(self.eval(index, frame)).string
        return self.attribute(module, name, at) if name is not None else None

    def _remainder(self, index: Expr, mask: Thing, frame: Frame) -> tuple[int, int] | None:
        """The divisor and the rest of a mask `x % divisor == rest`, where both have names and are numbers."""
        if isinstance(mask, Value) and mask.known:
            return None
        match index:
            case Compare(operators=("==",), operands=(Operation(operator="%", operands=(_, divisor)), rest)):
                if all(isinstance(part, Name | Constant | Attribute) for part in (divisor, rest)):
                    numbers = [as_value(self.eval(part, frame)).integer for part in (divisor, rest)]
                    if numbers[0] is not None and numbers[1] is not None:
                        return numbers[0], numbers[1]
            case _:
                pass
        return None

    def item(self, thing: Thing, index: Thing, at: Span) -> Thing:
        place = as_value(index) if not isinstance(index, Object) or not isinstance(thing, External) else None
        match thing:
            case External(name=name) if name == ENVIRON and place is not None and place.string is not None:
                value = self.read_environment(place.string, at, None, required=True)
                if value.is_absent:
                    raise Raised("KeyError")
                return value
            case External(name=name):
                if name == "sys.argv" and place is not None and place.integer is not None:
                    return self.argv_item(place.integer, at)
                if name == ENVIRON:
                    return self.read_unnamed(at)
                return thing if name[:1].islower() or "." in name else self.anything(f"{name}[]", at)
            case ListObject() if place is not None and place.integer is not None:
                number = place.integer
                if thing.complete:
                    if not -len(thing.items) <= number < len(thing.items):
                        raise Raised("IndexError")
                    return self.settle(thing.items[number])
                return self.anything(f"item {number}", at)
            case DictObject() if place is not None and place.known:
                if place.constant in thing.entries:
                    return self.settle(thing.entries[place.constant])
                if thing.complete:
                    raise Raised("KeyError")
                return self.anything(f"[{place.constant!r}]", at)
            case DictObject() if isinstance(index, Unread):
                self.seek(thing, index, at)
                return self.anything(f"{describe(thing)}[]", at)
            case Instance(cls=ClassObject() as cls) if cls.lookup("__getitem__") is not None:
                getter = cls.lookup("__getitem__")
                if isinstance(getter, FunctionObject):
                    return self.call(BoundMethod(thing, getter), Arguments(at, at, (index,)))
                return Unread(f"{describe(thing)}[]")
            case Instance(attributes=attributes) if place is not None and place.string in attributes:
                return self.settle(attributes[place.string or ""])
            case ClassObject():
                return thing
            case Value():
                return self._value_item(thing, place or as_value(index), at)
            case RangeObject() if place is not None:
                return thing.start + place * thing.step
            case Unread() | Instance():
                found = thing.attributes.get(f"[{place}]") if place is not None and place.known else None
                which = repr(place.constant) if place is not None and place.string is not None else ""
                return found if found is not None else self.unread(
                    f"{describe(thing)}[{which}]", selected(thing, index), thing.made_by, thing
                )
            case ExternalMethod(method="shape", receiver=Unread() as receiver) if place is not None:
                held = facets(receiver)
                varies = held.extent is Reach.PROCESS and place.integer == 0
                return self.unread(f"{thing.name}[{place}]", Facets(
                    Reach.PROCESS if varies else Reach.UNSEEN, Reach.UNIFORM, held.trail, scalar=varies
                ), receiver.made_by)
            case Either():
                sides = [
                    self.item(side, index, at)
                    for side in thing.alternatives()
                    if not (isinstance(side, Value) and side.known and side.constant is None)
                ]
                result = sides[-1] if sides else self.anything("an item", at)
                for side in reversed(sides[:-1]):
                    result = join_things(side, result, thing.condition, thing.varies)
                return result
            case _:
                return self.anything(f"{describe(thing)}[]", at)

    def argv_item(self, number: int, at: Span) -> Thing:
        if number == 0:
            return known(self.run.path)
        if self.context.arguments is None or number < 0:
            return self.anything(f"sys.argv[{number}]", at)
        words = self.context.arguments
        if any(word.many for word in words[:number]):
            return self.anything(f"sys.argv[{number}]", at)
        if number > len(words):
            if not self.context.launched:
                # Who launches it gives what it asks for.
                return self.anything(f"sys.argv[{number}]", at)
            raise Raised("IndexError")
        word = words[number - 1]
        return word.value.because(Step(How.OPTION, word.written, word.at))

    def _value_item(self, value: Value, index: Value, at: Span) -> Thing:
        if isinstance(value.content, Fields | Items):
            return self.item(things_of(value), index, at)
        if value.string is not None and index.integer is not None:
            found = value.item(index.integer)
            if found.is_absent:
                raise Raised("IndexError")
            return found
        if index.integer is not None or index.string is not None:
            return derived(f"[{index}]", value)
        return derived("[]", value, index)

    def _sliced(self, thing: Thing, node: Slice, frame: Frame) -> Thing:
        bounds = [None if part is None else self.value(part, frame) for part in (node.low, node.high, node.step)]
        numbers = [None if bound is None or (bound.known and bound.constant is None) else bound for bound in bounds]
        exact = all(number is None or number.integer is not None for number in numbers)
        cut = slice(*[None if number is None else number.integer for number in numbers])
        if cut.step == 0:
            raise Raised("ValueError")
        if isinstance(thing, Value) and isinstance(thing.content, Items):
            thing = things_of(thing)
        first, end, step = numbers
        strided = None if step is None or end is not None else Strided(first or known(0), step, thing, node.at)
        match thing:
            case ListObject() if exact and thing.complete:
                return listing(thing.kind, thing.items[cut])
            case ListObject():
                return spread(thing.kind, (thing,))
            case Value() if exact and thing.string is not None:
                return Value(Const(thing.string[cut]), thing.trail)
            case External(name="sys.argv"):
                arguments = self.context.arguments
                if arguments is not None and exact and not any(word.many for word in arguments):
                    words = [known(self.run.path), *[word.value.because(Step(How.OPTION, word.written, word.at))
                                                     for word in arguments]]  # fmt: skip
                    return listing("list", tuple(words)[cut])
                return listing("list", (), False)
            case Value():
                return derived("[:]", thing, *[number for number in numbers if number is not None])
            case Unread() | Instance():
                held = facets(thing)
                part = self.unread(
                    f"{describe(thing)}[:]", Facets(held.content, Reach.UNSEEN, held.trail), thing.made_by, thing
                )
                part.strided = strided
                return part
            case Iteration() if strided is not None:
                part = Unread("a slice")
                part.strided = strided
                return part
            case Either():
                return Unread(f"{describe(thing)}[:]")
            case _:
                return self.anything("a slice", node.at)

    # -- operators

    def _operation(self, node: Operation, frame: Frame) -> Thing:
        if len(node.operands) == 1:
            operand = self.eval(node.operands[0], frame)
            if node.operator == "not":
                return self.negate(operand)
            return unary(node.operator, as_value(operand))
        left = self.eval(node.operands[0], frame)
        right = self.eval(node.operands[1], frame)
        try:
            result = self.operate(node.operator, left, right, node.at)
        except Raised as error:
            error.because = (as_value(left), as_value(right))
            return self.survive(error, node.at)
        return self.divided(result, right, node.operands[1]) if node.operator == "/" else result

    def divided(self, result: Thing, divisor: Thing, written: Expr) -> Thing:
        if not isinstance(result, Value) or not result.known:
            self.run.quotients.append(Quotient(result, divisor, written, len(self.run.events), self.loops))
        return result

    def negate(self, thing: Thing) -> Value:
        truth, key, value = self.condition(thing)
        if truth.always or truth.never:
            return Value(Const(truth.never), value.trail)
        if isinstance(self.settle(thing), Value):
            return negation(value)
        return unknown(
            f"not {describe(thing)}",
            key=("not", key[0]) if key[1] else key[0],
            kind=Kind.CHANCE if any(symbol.kind is Kind.CHANCE for symbol in value.symbols()) else Kind.WITHHELD,
            reach=value.reach,
            low=0,
            high=1,
            whole=True,
            trail=value.trail,
        )

    def operate(self, symbol: str, left: Thing, right: Thing, at: Span) -> Thing:
        if isinstance(left, Value) and isinstance(right, Value) and not isinstance(left.content, Items):
            return self._guarded(lambda: binary(symbol, left, right))
        if isinstance(left, ListObject):
            if symbol == "+" and isinstance(right, ListObject):
                if len(left.items) + len(right.items) > LONGEST_LIST:
                    return listing(left.kind, (), False)
                if left.sources and right.sources:
                    return spread(left.kind, left.sources + right.sources)
                return listing(left.kind, left.items + right.items, left.complete and right.complete)
            if symbol == "+" and left.kind == "tuple" and isinstance(right, Value) and not right.known:
                return listing(left.kind, left.items, False)  # `(slices, …) + rows.shape[1:]`
            if symbol == "*" and isinstance(right, Value):
                times = right.integer
                if times is not None and len(left.items) * max(times, 0) <= COMPREHENDED and left.complete:
                    return listing(left.kind, left.items * times)
                return listing(left.kind, (), False)
        if symbol == "%" and isinstance(left, Value) and left.string is not None:
            if isinstance(right, ListObject) and right.kind == "tuple" and right.complete:
                template = left
                values = [self.printed(item, at) if isinstance(item, Instance) else as_value(item)
                          for item in right.items]  # fmt: skip
                return self._guarded(lambda: formatted(template, values))
            if isinstance(right, DictObject):
                return derived("%", left)
        if symbol == "/" and isinstance(left, Instance) and left.is_a("pathlib.Path"):
            return self.path(as_value(left), as_value(right))
        if symbol == "|" and isinstance(left, DictObject) and isinstance(right, DictObject):
            return mapping({**left.entries, **right.entries}, left.complete and right.complete)
        for one in (left, right):
            source = one.receiver if isinstance(one, ExternalMethod) else one  # `outputs.loss / 8`
            if isinstance(source, Unread) or isinstance(one, Instance):
                named = f"{describe(left)} {symbol} {describe(right)}"
                made = self.unread(named, combined(left, right), maker(source))
                made.operands = (left, right)
                return made
        return derived(symbol, as_value(left), as_value(right))

    def path(self, *parts: Value) -> Instance:
        """A `pathlib.Path`."""
        joined = parts[0]
        for part in parts[1:]:
            if (part.string is not None and part.string.startswith("/")) or joined.string == "":
                joined = part
            else:
                joined = text((joined.as_text(), "/", part.as_text()))
        return Instance("pathlib.Path", value=joined, complete=False)

    def _guarded(self, calculate: Callable[[], Value]) -> Value:
        try:
            return calculate()
        except Failed as error:
            raise Raised(error.name) from None

    def _boolop(self, node: BoolOp, frame: Frame) -> Thing:
        return self._bool_from(node, 0, frame)

    def _bool_from(self, node: BoolOp, index: int, frame: Frame) -> Thing:
        thing = self.eval(node.operands[index], frame)
        if index == len(node.operands) - 1:
            return thing
        condition = self.condition(thing)
        rest = lambda: self._bool_from(node, index + 1, frame)  # noqa: E731
        left = lambda: self._short(thing, node.operator)  # noqa: E731
        if node.operator == "and":
            return self.choose(condition, node.at, rest, left)
        return self.choose(condition, node.at, left, rest)

    def _short(self, thing: Thing, symbol: str) -> Thing:
        """What `and` gives when its first operand is false (or `or` when it is true): for a plain truth, that."""
        if plain_truth(thing) and not thing.known:
            return Value(Const(symbol == "or"), thing.trail)
        return thing

    def choose(
        self,
        condition: tuple[Truth, tuple[object, bool], Value],
        at: Span,
        then: Callable[[], Thing],
        otherwise: Callable[[], Thing],
    ) -> Thing:
        """The value of an expression with two sides; both where the condition is not decided."""
        truth = condition[0]
        if truth.always:
            return then()
        if truth.never:
            return otherwise()
        results: dict[int, Thing] = {}

        def side(number: int, body: Callable[[], Thing]) -> Callable[[], Signal]:
            def run() -> Signal:
                results[number] = body()
                return None

            return run

        cursor, length = self.cursor, len(self.cursor)
        self.fork(condition, at, side(0, then), side(1, otherwise))
        if len(cursor) == length + 1:
            node = cursor[-1]
            if not getattr(node, "then", True) and not getattr(node, "otherwise", True):
                cursor.pop()
        if len(results) == 1:
            return next(iter(results.values()))
        key, holds = condition[1]
        one, other = (results[0], results[1]) if holds else (results[1], results[0])
        if isinstance(one, Value) and isinstance(other, Value) and one.known and other.known:
            if one.constant is True and other.constant is False:
                return condition[2] if holds else negation(condition[2])
            if one.constant is False and other.constant is True:
                return negation(condition[2]) if holds else condition[2]
        parts = [side.reach for side in (one, other) if isinstance(side, Value) and not side.known]
        comes_about = truth.sometimes and truth.not_always
        varies = key in self.heap.varying or (comes_about and Reach.PROCESS in parts)
        if plain_truth(one) and plain_truth(other) and not one.same(other):
            return chosen_truth(condition[2], one, other, key, varies, comes_about)
        return self.settle(join_things(one, other, key, varies))

    def _conditional(self, node: Conditional, frame: Frame) -> Thing:
        condition = self.condition(self.eval(node.test, frame))
        return self.choose(
            condition, node.at, lambda: self.eval(node.then, frame), lambda: self.eval(node.otherwise, frame)
        )

    def _compare(self, node: Compare, frame: Frame) -> Thing:
        left = self.eval(node.operands[0], frame)
        result: Value = known(True)
        for symbol, operand in zip(node.operators, node.operands[1:], strict=True):
            right = self.eval(operand, frame)
            try:
                verdict = self.compared(symbol, left, right, node.at)
            except Raised as error:
                error.because = (as_value(left), as_value(right))
                verdict = self.survive(error, node.at)
            if verdict.known and not verdict.constant:
                return verdict
            result = verdict if result.known else verdict if verdict.known is False else result
            left = right
        if len(node.operators) > 1 and not result.known:
            # A chain of which more than one link may be undecided has no symbol of its own.
            return self.anything("a comparison", node.at, low=0, high=1, whole=True)
        return result

    def compared(self, symbol: str, left: Thing, right: Thing, at: Span) -> Value:
        left, right = self.settle(left), self.settle(right)
        if symbol in ("in", "not in"):
            value = self._within(left, right, at)
            return self.negate(value) if symbol == "not in" else value
        none = [isinstance(side, Value) and side.known and side.constant is None for side in (left, right)]
        for thing, other_is_none in ((left, none[1]), (right, none[0])):
            if other_is_none and isinstance(thing, Object):
                verdict = self._is_none(thing)
                if verdict is not None:
                    return self.negate(verdict) if symbol in ("!=", "is not") else verdict
        if isinstance(left, Object) and isinstance(right, Object) and symbol in ("is", "is not") and left is right:
            return known(symbol == "is")
        if isinstance(left, External) and isinstance(right, External) and symbol in ("==", "is", "!=", "is not"):
            same = left is right
            return known(same == (symbol in ("==", "is")))
        if symbol in ("is", "is not") and (isinstance(left, Unread) or isinstance(right, Unread)):
            one, other = (side.presence if isinstance(side, Unread) else as_value(side) for side in (left, right))
            return self._guarded(partial(compare, symbol, one, other))
        if symbol in ("is", "is not") and (isinstance(left, ClassObject) or isinstance(right, ClassObject)):
            return self.anything("a comparison", at, low=0, high=1, whole=True)
        return self._guarded(lambda: compare(symbol, as_value(left), as_value(right)))

    def _is_none(self, thing: Object) -> Value | None:
        """Whether an object is None; None where that is a matter of its value."""
        match thing:
            case Either():
                verdicts = [
                    self.compared("is", side, known(None), _NOWHERE) for side in (thing.then, thing.otherwise)
                ]
                truths = [verdict.constant if verdict.known else None for verdict in verdicts]
                if truths == [True, False]:
                    return self.choice(thing)
                if truths == [False, True]:
                    return self.negate(self.choice(thing))
                if truths[0] is not None and truths[0] == truths[1]:
                    return known(bool(truths[0]))
                return unknown("is None", key=("is none", thing.serial), low=0, high=1, whole=True)
            case Unread(scalar=True):
                return known(False)
            case Unread() | ExternalMethod():
                return None
            case External(name=name):
                return known(False) if name not in ("None",) else known(True)
            case Instance(value=Value()):
                return known(False)
            case _:
                return known(False)

    def _within(self, item: Thing, container: Thing, at: Span) -> Value:
        wanted = as_value(item)
        match container:
            case External(name=name) if name == ENVIRON:
                return self._in_environment(wanted, at)
            case ListObject():
                if isinstance(item, Object) and not isinstance(item, Unread):
                    return self.anything("whether it is in it", at, low=0, high=1, whole=True)
                members = [as_value(member) for member in container.items]
                verdict = among(wanted, members, container.complete)
                return as_truth_value("in", verdict, wanted, as_value(container))
            case DictObject() if wanted.known:
                inside = wanted.constant in container.entries
                if inside or container.complete:
                    return known(inside)
                return self.anything("whether it is in it", at, low=0, high=1, whole=True)
            case DictObject() if isinstance(item, Unread):
                self.seek(container, item, at)
                return self.anything("whether it is in it", at, low=0, high=1, whole=True)
            case RangeObject():
                inside_range = ~(wanted < container.start) & (wanted < container.stop)
                return as_truth_value("in", inside_range, wanted, container.stop)
            case Instance(attributes=attributes) if wanted.string is not None and wanted.string in attributes:
                return known(True)
            case Instance(complete=True, cls="argparse.Namespace") if wanted.string is not None:
                return known(False)
            case Value():
                return as_truth_value("in", contains(container, wanted), wanted, container)
            case _:
                return self.anything("whether it is in it", at, low=0, high=1, whole=True)

    def _in_environment(self, wanted: Value, at: Span) -> Value:
        if wanted.string is None:
            return self.anything("whether it is set", at, low=0, high=1, whole=True)
        found = self.test_environment(wanted.string, at)
        verdict = FALSE if found.is_absent else TRUE if not self.open_name(wanted.string, found) else undecided(found)
        return as_truth_value("in", verdict, wanted, found)

    def open_name(self, name: str, found: Value) -> bool:
        """Nobody who was read sets the variable: the user's shell may."""
        return found.is_unknown and name not in self.environment and not self.context.environment.set(name)

    @abstractmethod
    def test_environment(self, name: str, at: Span) -> Value: ...

    # -- text and displays

    def _format(self, node: Format, frame: Frame) -> Value:
        parts = [part if isinstance(part, str) else self.printed(self.eval(part, frame), node.at)
                 for part in node.parts]  # fmt: skip
        return text(parts)

    def printed(self, thing: Thing, at: Span, methods: tuple[str, ...] = ("__str__", "__repr__")) -> Value:
        """As `str` prints it, by the first of these methods that its class has: it may do anything."""
        thing = self.settle(thing)
        if isinstance(thing, Instance) and isinstance(thing.cls, ClassObject):
            for name in methods:
                method = thing.cls.lookup(name)
                if isinstance(method, FunctionObject):
                    return as_value(self.call(BoundMethod(thing, method), Arguments(at, at)))
        return self.as_text(thing)

    def as_text(self, thing: Thing) -> Value:
        """As `str` would print it."""
        if isinstance(thing, Instance | ListObject | DictObject) and not (
            isinstance(thing, Instance) and thing.value is not None
        ):
            found = printed(thing)
            return unknown(f"str({describe(thing)})", key=("text", thing.serial)) if found is None else found
        value = as_value(thing)
        return value.as_text() if not isinstance(value.content, Items | Fields) else derived("str", value)

    def _sequence(self, node: Sequence, frame: Frame) -> Thing:
        things: list[Thing] = []
        complete = True
        for item in node.items:
            if isinstance(item, Starred):
                inner = self.items_of(self.eval(item.value, frame), 10_000)
                if inner is None:
                    complete = False
                else:
                    things += inner
            else:
                things.append(self.eval(item, frame))
        step = Step(How.WRITTEN, f"a {node.kind}", node.at)
        return listing(node.kind, tuple(things), complete, (step,))

    def _dict(self, node: Dict, frame: Frame) -> Thing:
        entries: dict[Scalar, Thing] = {}
        complete = True
        for key, item in zip(node.keys, node.values, strict=True):
            if key is None:
                inner = self.eval(item, frame)
                if isinstance(inner, Value):
                    inner = things_of(inner)
                whole = isinstance(inner, DictObject) and inner.complete
                if not whole:
                    # What is not seen of it may override any plain value before it.
                    entries = {name: self.anything(str(name), node.at) if isinstance(one, Value) else one
                               for name, one in entries.items()}  # fmt: skip
                entries.update(inner.entries if isinstance(inner, DictObject) else {})
                complete = complete and whole
                continue
            place = self.value(key, frame)
            thing = self.named(f'"{place}": ', item, frame)
            if place.known:
                entries[place.constant] = thing
            else:
                complete = False
        return mapping(entries, complete, (Step(How.WRITTEN, "a dict", node.at),))

    def _starred(self, node: Starred, frame: Frame) -> Thing:
        return self.eval(node.value, frame)

    def _slice(self, node: Slice, frame: Frame) -> Thing:
        for part in (node.low, node.high, node.step):
            if part is not None:
                self.eval(part, frame)
        return self.anything("a slice", node.at)

    def _comprehension(self, node: Comprehension, frame: Frame) -> Thing:
        inner = Frame({}, frame.module, frame, function=frame.function, receiver=frame.receiver, yields=frame.yields)
        found: list[tuple[Scalar, Thing]] = []
        others: list[tuple[Thing, Thing]] = []
        complete = self._comprehend(node, 0, inner, found, others)
        if node.kind == "dict":
            entries = () if found else tuple([entry for _, entry in others])
            return mapping(dict(found), complete, others=entries, keys=tuple([key for key, _ in others]))
        kind = "list" if node.kind == "generator" else node.kind
        if not found and not complete and _picks(node):
            return spread(kind, tuple([source for _, source in others]))
        return listing(kind, tuple([thing for _, thing in found]), complete)

    def _comprehend(
        self,
        node: Comprehension,
        depth: int,
        frame: Frame,
        found: list[tuple[Scalar, Thing]],
        others: list[tuple[Thing, Thing]],
    ) -> bool:
        """Run the loops from `depth` on; whether everything that is found is surely all.  `others` gets what stands
        under keys that are not known, with the key, or what the members of a list are picked from."""
        if depth == len(node.loops):
            key: Scalar = None
            if node.key is not None:
                named = self.eval(node.key, frame)
                place = as_value(named)
                if not place.known:
                    others.append((named, self.eval(node.element, frame)))
                    return False
                key = place.constant
            found.append((key, self.eval(node.element, frame)))
            return len(found) <= 4 * COMPREHENDED
        target, iterable, tests = node.loops[depth]
        source = self.eval(iterable, frame)
        items = self.items_of(source, COMPREHENDED)
        if items is None:
            some = not tests and node.kind != "dict" and (self.count_of(source) >= 1).always
            self._abstract_round(node, depth, frame, source, found if some else [], others)
            if _picks(node):
                others.append((source, source))
            return False
        complete = True
        for item in items:
            self.bind(target, item, frame, node.at)
            passes: bool | None = True
            for test in tests:
                decided = self.decide(self.eval(test, frame))
                if decided is False:
                    passes = False
                    break
                if decided is None:
                    passes = None
            if passes is None:
                complete = False
                self._comprehend(node, depth + 1, frame, [], others)
            elif passes:
                complete = self._comprehend(node, depth + 1, frame, found, others) and complete
        return complete

    def _abstract_round(
        self,
        node: Comprehension,
        depth: int,
        frame: Frame,
        source: Thing,
        found: list[tuple[Scalar, Thing]],
        others: list[tuple[Thing, Thing]],
    ) -> None:
        """One round that stands for all, for the calls in it."""
        target, _, tests = node.loops[depth]
        repeat = Repeat(node.at, self.count_of(source), source)
        cursor, loops = self.cursor, self.loops
        self.cursor, self.loops = repeat.body, (*loops, repeat)
        try:
            self.bind(target, self.element_of(source, node.at), frame, node.at)
            for test in tests:
                self.eval(test, frame)
            self._comprehend(node, depth + 1, frame, found, others)
        finally:
            self.cursor, self.loops = cursor, loops
        if repeat.body:
            cursor.append(repeat)

    def _lambda(self, node: Lambda, frame: Frame) -> FunctionObject:
        defaults = {
            parameter.name: self.eval(parameter.default, frame)
            for parameter in node.parameters
            if parameter.default is not None
        }
        return FunctionObject("lambda", node.parameters, (), node.body, frame.module, frame, node.at, defaults)

    def _await(self, node: Await, frame: Frame) -> Thing:
        return self.eval(node.value, frame)

    def _yield(self, node: Yield, frame: Frame) -> Thing:
        thing: Thing = known(None) if node.value is None else self.eval(node.value, frame)
        if frame.yields is None:
            return self.anything("what is sent", node.at)
        if node.delegate:
            items = self.items_of(thing, COMPREHENDED)
            if items is not None:
                for item in items:
                    frame.yields(item)
                return known(None)
            thing = self.element_of(thing, node.at)
        return frame.yields(thing)

    def _walrus(self, node: Walrus, frame: Frame) -> Thing:
        thing = self.named(f"{node.name} = ", node.value, frame)
        self.bind(Name(node.name, node.at), thing, frame, node.at)
        return thing

    # -- calls

    def _call(self, node: Call, frame: Frame) -> Thing:
        callee = self.eval(node.func, frame)
        if isinstance(callee, External) and "." not in callee.name:
            special = self._special(callee.name, node, frame)
            if special is not None:
                return special
        return self.call(callee, self.arguments(node, frame))

    def entry_of(self, holder: Unread) -> Unread:
        """What stands for each entry of a batch of the process's own."""
        share = Facets(holder.content, Reach.UNSEEN, holder.trail)
        return self.unread(f"an entry of {describe(holder)}", share, holder.made_by, holder)

    def _special(self, name: str, node: Call, frame: Frame) -> Thing | None:
        """Builtins that look at the frame they are called in."""
        if name == "super":
            function = frame.function
            scope: Frame | None = frame
            while scope is not None and (function is None or function.owner is None):
                scope = scope.outer
                function = scope.function if scope else None
            if function is not None and function.owner is not None and scope is not None and scope.receiver is not None:
                return Super(function.owner, scope.receiver)
            return Unread("super()")
        if name in ("locals", "vars") and not node.args:
            return mapping(dict(frame.names), True)
        if name == "globals":
            return attributes_of(frame.module)
        return None

    def arguments(self, node: Call, frame: Frame) -> Arguments:
        positional: list[Thing] = []
        keywords: dict[str, Thing] = {}
        places: dict[str | int, Span] = {}
        is_open = False
        for arg in node.args:
            if isinstance(arg, Starred):
                items = self.items_of(self.eval(arg.value, frame), 1_000)
                if items is None:
                    is_open = True
                    continue
                positional += items
            elif not is_open:
                places[len(positional)] = arg.at
                positional.append(self.eval(arg, frame))
            else:
                self.eval(arg, frame)
        starred = is_open
        unnamed: tuple[Thing, ...] = ()
        for keyword in node.keywords:
            if keyword.name is None:
                inner = self.eval(keyword.value, frame)
                if isinstance(inner, Value):
                    inner = things_of(inner)
                if isinstance(inner, DictObject):
                    unnamed += () if starred else inner.others
                    for key, thing in inner.entries.items():
                        keywords[str(key)] = thing
                    is_open = is_open or not inner.complete
                else:
                    is_open = True
                    if isinstance(inner, Unread) and not starred and inner.content is Reach.PROCESS:
                        unnamed += (self.entry_of(inner),)
            else:
                places[keyword.name] = keyword.at
                keywords[keyword.name] = self.named(f"{keyword.name}=", keyword.value, frame)
        return Arguments(node.at, node.func.at, tuple(positional), keywords, is_open, places, unnamed)


def _picks(node: Comprehension) -> bool:
    """Its members are members of what it goes over, or part of each: `[p for p in a if p.ok]`, `[p for n, p in a]`."""
    if node.kind == "dict" or len(node.loops) != 1 or not isinstance(node.element, Name):
        return False
    target = node.loops[0][0]
    names = target.items if isinstance(target, Sequence) else (target,)
    return any(isinstance(name, Name) and name.id == node.element.id for name in names)


_NOWHERE: Final = Span("", 0, 0)

_Handler = Callable[[Any, Any, Frame], Thing]

_E = Evaluator
_HANDLERS: Final[dict[type, _Handler]] = {
    Constant: _E._constant, Name: _E._name, Attribute: _E._attribute, Subscript: _E._subscript, Slice: _E._slice,
    Call: _E._call, Starred: _E._starred, Operation: _E._operation, BoolOp: _E._boolop, Compare: _E._compare,
    Conditional: _E._conditional, Format: _E._format, Sequence: _E._sequence, Dict: _E._dict,
    Comprehension: _E._comprehension, Lambda: _E._lambda, Await: _E._await, Yield: _E._yield, Walrus: _E._walrus,
    Opaque: _E._opaque,
}  # fmt: skip
