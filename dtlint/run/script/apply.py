"""Calls: functions and classes of the workspace are run, everything else is recorded and asked of the tables."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Final

from dtlint.facts.script import Expr, Stmt
from dtlint.run.effects import TABLE, Effect, Row
from dtlint.run.effects.jax import PMAP
from dtlint.run.effects.names import canonical
from dtlint.run.effects.ready_made import ready_made
from dtlint.run.script.call import Arguments
from dtlint.run.script.context import ScriptContext
from dtlint.run.script.evaluate import Evaluator
from dtlint.run.script.flows import VIEWS, Facets, facets, flow, worst
from dtlint.run.script.library import ATTRIBUTES, FUNCTIONS, METHODS, PURE, attribute_reader, method_kind
from dtlint.run.script.library.configs import resolved
from dtlint.run.script.library.entries import entered
from dtlint.run.script.loops import LOOPS, go_through
from dtlint.run.script.objects import (
    EQUAL,
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
    ListObject,
    Making,
    Members,
    ModuleObject,
    Partial,
    Pending,
    Thing,
    Unread,
    as_value,
    describe,
    listing,
    maker,
    mapping,
)
from dtlint.run.script.processes import spawned
from dtlint.run.script.queries import answer_query, in_group
from dtlint.run.script.quiet import quiet
from dtlint.run.script.state import Label, Left, Raised, Signal
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.script.trainer_loop import TRAINS, train
from dtlint.source import Span
from dtlint.value import Reach, Value, known, undecided, unknown

DEEPEST_CALL: Final = 40
AGAIN: Final = 2
"""How often a function may stand within itself before its result is anything."""
FORWARDS: Final = 2
"""Runs of one module's `forward` that are followed; the others would bring the same."""

_MODULES: Final = frozenset(("torch.nn.Module", "lightning.pytorch.LightningModule", "transformers.PreTrainedModel"))
_WRAPPED: Final = ("module", "model")
_DATA_PARALLEL: Final = (
    "torch.nn.parallel.DistributedDataParallel.",
    "torch.distributed.fsdp.FullyShardedDataParallel.",
)
"""What these give is what the module in them makes of the process's own batch."""
_WRAPPERS: Final = ("torch.nn.parallel.", "torch.nn.DataParallel", "torch.nn.Module.", "torch.nn.SyncBatchNorm.")


class Caller(Evaluator):
    """Runs what can be read, records what cannot."""

    main_names: dict[str, Thing]
    """The names of the script itself."""

    @abstractmethod
    def imported(self, name: str) -> Thing: ...

    @abstractmethod
    def run_child(self, ordinal: int, index: int, there: ScriptContext | None) -> ScriptRun: ...

    @abstractmethod
    def main(self) -> Thing | None:
        """The function `main` of the script that was started."""

    @abstractmethod
    def block(self, body: tuple[Stmt, ...], frame: Frame) -> Signal: ...

    def attribute(self, thing: Thing, name: str, at: Span) -> Thing:
        reader = ATTRIBUTES.get(thing.name) if isinstance(thing, External) else attribute_reader(thing)
        found = reader(self, thing, name, at) if reader is not None else None
        return found if found is not None else super().attribute(thing, name, at)

    def item(self, thing: Thing, index: Thing, at: Span) -> Thing:
        found = super().item(thing, index, at)
        if isinstance(found, Deferred):
            found = self.from_module(found.module, found.name)
        return resolved(self, thing, found, at) if isinstance(thing, DictObject) and thing.cls != "dict" else found

    def call(self, callee: Thing, arguments: Arguments) -> Thing:
        self.spend()
        match callee:
            case FunctionObject():
                return self.call_function(callee, arguments)
            case BoundMethod(receiver=receiver, function=function):
                return self.call_function(function, arguments.behind(receiver), receiver)
            case External(name=name):
                return self._call_external(name, callee, arguments)
            case ExternalMethod():
                return self._call_method(callee, arguments)
            case ClassObject():
                return self.construct(callee, arguments)
            case Partial(function=function, args=args, keywords=keywords):
                merged = arguments.behind(*args)
                merged.keywords = {**keywords, **arguments.keywords}
                return self.call(function, merged)
            case Instance():
                return self._call_instance(callee, arguments)
            case Either():
                return self._call_either(callee, arguments)
            case ModuleObject() | Value():
                self.escape(*arguments.positional, *arguments.keywords.values())
                return Unread(f"{describe(callee)}()")
            case _:
                return self._unread_call(callee, arguments)

    def _unread_call(self, callee: Thing, arguments: Arguments) -> Thing:
        if isinstance(callee, Unread) and callee.made_by is not None and callee.made_by.name in _SAME:
            kept = arguments.get(0)
            if isinstance(kept, FunctionObject | BoundMethod):
                return kept
        event = self._recorded("?.__call__", arguments, callee)
        self.escape(*arguments.positional, *arguments.keywords.values())
        event.result = Unread(f"{describe(callee)}()", made_by=event)
        return event.result

    def _call_either(self, callee: Either, arguments: Arguments) -> Thing:
        sides = [self.settle(callee.then), self.settle(callee.otherwise)]
        callable_sides = [side for side in sides if not (isinstance(side, Value) and side.known)]
        if len(callable_sides) == 1:
            return self.call(callable_sides[0], arguments)
        value = self.choice(callee)
        return self.choose(
            (undecided(value), (callee.condition, True), value),
            arguments.at,
            lambda: self.call(self.settle(callee.then), arguments),
            lambda: self.call(self.settle(callee.otherwise), arguments),
        )

    # -- functions of the workspace

    def call_function(self, function: FunctionObject, arguments: Arguments, receiver: Thing | None = None) -> Thing:
        if len(self.active) >= DEEPEST_CALL or sum(one is function for one in self.active) >= AGAIN:
            self.escape(*arguments.positional, *arguments.keywords.values())
            return Unread(f"{function.name}()")
        skipped = self._rank_guard(function)
        if skipped:
            return known(None)
        if function.command and receiver is None:
            result = entered(self, function, arguments)
            if result is not None:
                return result
        return self.run_function(function, arguments, receiver)

    def run_function(self, function: FunctionObject, arguments: Arguments, receiver: Thing | None = None) -> Thing:
        """The function itself, whatever its decorators make of a call."""
        if function.mapped is not None:
            self._recorded(f"{PMAP}.__call__", arguments, function.mapped)
        names = self.bind_parameters(function, arguments)
        frame = Frame(names, function.module, function.outer, function=function, receiver=receiver)
        if receiver is None and function.owner is not None and arguments.positional:
            frame.receiver = arguments.positional[0]
        if function.generator:
            return Pending(function, frame)
        return self.enter(function, frame, arguments.at)

    def _rank_guard(self, function: FunctionObject) -> bool:
        """Decorated so that only rank 0 runs it, and this is another rank."""
        for mark in function.marks:
            last = mark.rpartition(".")[2]
            if last in _MAIN_ONLY:
                place = self.rank_answer(mark)
                return place is not None and place != 0
        return False

    def rank_answer(self, mark: str) -> int | None:
        if mark.startswith("lightning."):
            asked = "lightning.pytorch.Trainer.global_rank"
        else:
            asked = f"accelerate.Accelerator.{'local_process_index' if 'local' in mark else 'process_index'}"
        found = self.answer(asked, None, _NOWHERE)
        return found.integer if isinstance(found, Value) else None

    def enter(self, function: FunctionObject, frame: Frame, at: Span) -> Thing:
        """Run a function's body in a frame that has its parameters."""
        if function.result is not None:
            self.active.append(function)
            try:
                return self.eval(function.result, frame)
            finally:
                self.active.pop()
        outer = (self.stack, self.branches, self.assumed, self.labels, self.contexts)
        label = Label("return", self.heap.mark, self.depth)
        self.stack = (*self.stack, at)
        self.labels = [*self.labels, label]
        self.contexts = (*self.contexts, *(made for made in function.declared if made.name in AROUND))
        self.active.append(function)
        try:
            result = self._body(function, frame, label)
            for _, thing, (key, holds) in reversed(label.left):
                one = thing if thing is not None else known(None)
                sides = (one, result) if holds else (result, one)
                result = self.heap.chosen(*sides, key)
            self.settle_label(label, ("return",), outer[1])
            return self._settled_in(result, outer[2])
        finally:
            self.active.pop()
            self.stack, self.branches, self.assumed, self.labels, self.contexts = outer

    def _body(self, function: FunctionObject, frame: Frame, label: Label) -> Thing:
        """What the body gives at its end; where it raises there, what it gave when it was left last."""
        try:
            signal = self.block(function.body, frame)
        except (Raised, Left):
            if not label.left:
                raise
            # A way that raises is presumed not to be taken where another one was there before.
            changes, thing, _ = label.left.pop()
            self.heap.undo(label.mark)
            self.heap.apply(changes)
            return thing if thing is not None else known(None)
        return signal[1] if signal is not None and signal[1] is not None else known(None)

    def _settled_in(self, thing: Thing, assumed: dict[object, bool]) -> Thing:
        before, self.assumed = self.assumed, assumed
        try:
            return self.settle(thing)
        finally:
            self.assumed = before

    def bind_parameters(self, function: FunctionObject, arguments: Arguments) -> dict[str, Thing]:
        names: dict[str, Thing] = {}
        rest = list(arguments.positional)
        keywords = dict(arguments.keywords)
        for parameter in function.parameters:
            name, kind = parameter.name, parameter.kind
            if kind == "args":
                names[name] = listing("tuple", tuple(rest), not arguments.open)
                rest = []
            elif kind == "kwargs":
                names[name] = mapping(dict(keywords), not arguments.open)
                keywords = {}
            elif kind in ("positional", "either") and rest:
                names[name] = rest.pop(0)
            elif kind != "positional" and name in keywords:
                names[name] = keywords.pop(name)
            elif arguments.unnamed and name not in function.defaults:
                one = arguments.unnamed[0]
                made = maker(one)
                names[name] = self.unread(name, facets(one), made)
            elif arguments.open:
                names[name] = self.anything(name, parameter.at)
            elif name in function.defaults:
                names[name] = function.defaults[name]
            elif function.command:
                names[name] = self.command_option(function, name, parameter.at)
            else:
                names[name] = self.anything(name, parameter.at)
        return names

    def command_option(self, function: FunctionObject, name: str, at: Span) -> Value:
        """A parameter that a command-line framework fills in."""
        return unknown(f"--{name}", key=("option", self.context.scope, function.module.path, function.name, name))

    # -- classes of the workspace

    def construct(self, cls: ClassObject, arguments: Arguments) -> Thing:
        outside = cls.outside()
        instance = Instance(cls, complete=not outside)
        initialiser = cls.lookup("__init__")
        if any(base in _ENUMS for base in outside):
            return as_value(arguments.positional[0]) if arguments.positional else Unread(cls.name)
        if isinstance(initialiser, FunctionObject):
            events, reads = len(self.run.events), len(self.run.reads)
            self.call_function(initialiser, arguments.behind(instance), instance)
            if not arguments.open:
                made = tuple(self.run.events[events:])
                asks = len(self.run.reads) > reads
                instance.making = Making(arguments.at, arguments.positional, arguments.keywords, made, asks)
        elif self._fill_fields(cls, instance, arguments):
            self.complete(instance, cls, arguments)
        elif outside:
            event = self._made_outside(instance, canonical(outside[0]), arguments)
            for kept in event.row.keeps if event.row is not None else ():
                thing = event.thing(kept)
                if thing is not None:
                    instance.attributes[kept] = thing
        return instance

    def complete(self, instance: Instance, cls: ClassObject, arguments: Arguments) -> None:
        """What follows when the fields of a dataclass are filled: what a base outside does, and `__post_init__`."""
        outside = [canonical(base) for base in cls.outside()]
        known_base = next((base for base in outside if TABLE.find(base) is not None), None)
        if known_base is not None:
            self._made_outside(instance, known_base, arguments)
        after = cls.lookup("__post_init__")
        if isinstance(after, FunctionObject):
            self.call_function(after, Arguments(arguments.at, arguments.func_at, (instance,)), instance)

    def _made_outside(self, instance: Instance, base: str, arguments: Arguments) -> Event:
        event = self._recorded(base, arguments, None)
        event.result = instance
        instance.made_by = event
        return event

    def _fill_fields(self, cls: ClassObject, instance: Instance, arguments: Arguments) -> bool:
        declared: dict[str, Expr | None] = {}
        homes: dict[str, ClassObject] = {}
        is_data = False
        for ancestor in reversed(list(cls.ancestry())):
            if ancestor.fields is not None:
                is_data = True
                for name, default in ancestor.fields:
                    declared[name] = default
                    homes[name] = ancestor
        if not is_data:
            return False
        rest = list(arguments.positional)
        for name, default in declared.items():
            if rest:
                thing = rest.pop(0)
            elif name in arguments.keywords:
                thing = arguments.keywords[name]
            elif arguments.open:
                thing = self.anything(name, arguments.at)
            else:
                thing = self.field_default(homes[name], name, default)
            instance.attributes[name] = thing
        return True

    def field_default(self, cls: ClassObject, name: str, default: Expr | None) -> Thing:
        """What a dataclass's field is where nothing is given: `field(default=…)` and `default_factory` too."""
        if default is None:
            return self.anything(name, cls.definition.name_at)
        frame = Frame(cls.names, cls.module)
        thing = self.named(f"{name} = ", default, frame)
        if isinstance(thing, Instance) and thing.cls == "dataclasses.field":
            if "default" in thing.attributes:
                return thing.attributes["default"]
            factory = thing.attributes.get("default_factory")
            if factory is not None:
                return self.call(factory, Arguments(default.at, default.at))
            return self.anything(name, default.at)
        return thing

    # -- instances that are called

    def _call_instance(self, instance: Instance, arguments: Arguments) -> Thing:
        if isinstance(instance.cls, ClassObject):
            for name in ("__call__", "forward"):
                method = instance.cls.lookup(name)
                if isinstance(method, FunctionObject):
                    if name == "forward":
                        self._recorded("torch.nn.Module.__call__", arguments, instance)
                        return self._forward(instance, method, arguments)
                    return self.call_function(method, arguments.behind(instance), instance)
        name = f"{instance.class_names[0]}.__call__" if instance.class_names else "?.__call__"
        handler = FUNCTIONS.get(name)
        if handler is not None:
            made = handler(self, arguments.behind(instance))
            if made is not None:
                return made
        event = self._recorded(name, arguments, instance)
        result: Thing = self.unread(f"{describe(instance)}()", _layer(instance, arguments), event)
        for attribute in _WRAPPED:
            wrapped = instance.attributes.get(attribute)
            wrapped = self.settle(wrapped) if wrapped is not None else None
            if not isinstance(wrapped, Instance):
                continue
            if isinstance(wrapped.cls, ClassObject):
                method = wrapped.cls.lookup("forward")
                if isinstance(method, FunctionObject):
                    result = self._forward(wrapped, method, arguments)
                break
            if name.startswith(_DATA_PARALLEL):
                result = self.unread(f"{describe(instance)}()", _layer(wrapped, arguments), event)
                break
        event.result = result
        return result

    def _forward(self, instance: Instance, method: FunctionObject, arguments: Arguments) -> Thing:
        done = self.forwards.get(instance.serial, 0)
        if done >= FORWARDS:
            follows = instance.serial in self.followed
            content = worst(facets(thing).content for thing in arguments.positional) if follows else Reach.UNSEEN
            return Unread(f"{describe(instance)}()", content, facets(listing("tuple", arguments.positional)).trail)
        self.forwards[instance.serial] = done + 1
        result = self.call_function(method, arguments.behind(instance), instance)
        if facets(result).content is Reach.PROCESS:
            self.followed.add(instance.serial)
        return result

    # -- what stands outside the workspace

    def _recorded(self, name: str, arguments: Arguments, receiver: Thing | None, row: Row | None = None) -> Event:
        return self.record(
            name,
            arguments.at,
            arguments.func_at,
            arguments.positional,
            arguments.keywords,
            arguments.open,
            receiver,
            arguments.places,
            row,
        )

    def _call_external(self, name: str, callee: External, arguments: Arguments) -> Thing:
        handler = FUNCTIONS.get(name)
        if handler is not None:
            try:
                result = handler(self, arguments)
            except Raised as error:
                error.because = (*error.because, *[as_value(thing) for thing in arguments.positional])
                return self.survive(error, arguments.at)
            if result is not None:
                return result
        return self.happen(name, arguments, None)

    def _call_method(self, callee: ExternalMethod, arguments: Arguments) -> Thing:
        receiver = self.settle(callee.receiver)
        kind = method_kind(receiver)
        if kind:
            method = METHODS[kind].get(callee.method)
            if method is not None:
                try:
                    result = method(self, receiver, arguments)
                except Raised as error:
                    return self.survive(error, arguments.at)
                if result is not None:
                    return result
        name = callee.name
        if TABLE.find(name) is None and isinstance(receiver, Instance):
            # The method may be known of a class further up.
            for owner in receiver.class_names:
                if TABLE.find(f"{owner}.{callee.method}") is not None:
                    name = f"{owner}.{callee.method}"
                    break
        handler = FUNCTIONS.get(name)
        if handler is not None:
            result = handler(self, arguments.behind(receiver))
            if result is not None:
                return result
        return self.happen(name, arguments, receiver, callee.method)

    def happen(self, name: str, arguments: Arguments, receiver: Thing | None, method: str = "") -> Thing:
        """A call of which at most a table knows something."""
        marked = _marked(name, arguments)
        if marked is not None:
            return marked
        row = TABLE.find(name) or (TABLE.find(f"?.{method}") if method else None)
        event = self._recorded(name, arguments, receiver, row)
        if name == TRAINS:
            train(self, event)
        if name in LOOPS and go_through(self, event):
            event.result = self._made(name, event)
        else:
            event.result = self._effect(event, row, arguments)
        return event.result

    def _effect(self, event: Event, row: Row | None, arguments: Arguments) -> Thing:
        name = event.name
        things = [*arguments.positional, *arguments.keywords.values()]
        if row is None:
            if not name.startswith(PURE):
                self.escape(*things)
                self.callbacks(event, things)
            return self._made(name, event)
        if row.hands_on:
            self.escape(*things)
            self.callbacks(event, things)
        if row.answer is not None:
            group = event.thing(row.group) if row.group else None
            return answer_query(self, row, event.receiver, event.at) if group is None else in_group(self, event, group)
        if Effect.INITIALISES in row.effects:
            self.initialise(event)
        if Effect.DESTROYS in row.effects:
            self.heap.store(self.group, "initialised", known(False))
        if Effect.SPAWNS in row.effects:
            spawned(self, event, row)
        for parameter in row.equalises:
            self.equalise(event.thing(parameter))
        if row.parts and event.argument(row.group).is_absent:
            self.part(event.thing(row.parts))
        if Effect.PREPARES in row.effects and event.positional:
            for thing in event.positional:
                if isinstance(thing, Instance):
                    thing.prepared = True
            return event.positional[0] if len(event.positional) == 1 else listing("tuple", event.positional)
        if row.returns == "self" and event.receiver is not None:
            return event.receiver
        if row.returns == "subject":
            return event.thing(row.subject) or self._made(name, event)
        if isinstance(row.returns, tuple):
            return listing("tuple", tuple([self._instance(cls, event, row) for cls in row.returns]))
        if row.returns:
            return self._instance(row.returns, event, row)
        return self._made(name, event)

    def _made(self, name: str, event: Event) -> Thing:
        last = name.rpartition(".")[2]
        of_class = last[:1].isupper() and not last.isupper() and not name.startswith("?")
        if of_class or (event.receiver is None and ready_made(name)):
            return Instance(name, made_by=event, complete=False)
        held = flow(name, event.receiver, event.positional, event.keywords)
        return self.unread(f"{last}()", held, event, event.receiver if last in VIEWS else None)

    def _instance(self, cls: str, event: Event, row: Row) -> Instance:
        attributes = {}
        for kept in row.keeps:
            thing = event.thing(kept)
            if thing is not None:
                attributes[kept] = thing
        return Instance(cls, attributes, made_by=event, complete=False)

    def equalise(self, thing: Thing | None) -> None:
        """A collective filled it: every member of the group has the same in it now, and in what shares its memory."""
        match thing:
            case Unread():
                self.heap.store(thing.attributes, EQUAL, known(True))
                # What was put into it item by item is overwritten.
                for key in [key for key in thing.attributes if key.startswith("[")]:
                    self.heap.remove(thing.attributes, key)
                self.equalise(thing.part_of)
            case ExternalMethod(receiver=receiver):
                self.equalise(receiver)
            case Value() if thing.reach is Reach.PROCESS:
                # A comparison has no identity by which it could be known again.
                self.run.filled_unseen = True
            case ListObject():
                for item in thing.items:
                    self.equalise(item)
                filled = [
                    item if isinstance(item, Unread) else Unread("what a collective filled in", Reach.UNIFORM)
                    for item in thing.items
                ]
                self.heap.store(thing.cell, "content", Members(tuple(filled), thing.complete))
            case Either():
                for side in thing.alternatives():
                    self.equalise(side)
                thing.varies = False
            case _:
                pass

    def part(self, thing: Thing | None) -> None:
        """A collective left its result in one process: the others have something else in it now."""
        if isinstance(thing, Unread):
            self.heap.store(thing.attributes, EQUAL, known(False))

    def initialise(self, event: Event) -> None:
        """A process group comes up: its rank and size are those of the call, or those of the environment.

        What wraps torch's own call may find the process's place in other ways, and then says it in the environment:
        `mpi_discovery` of deepspeed/comm/comm.py.
        """
        if event.name != "torch.distributed.init_process_group":
            for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
                key = ("discovered", self.context.scope, name)
                self.write_environment(name, unknown(f"${name}", key=key), event.at, default=True)
        self.heap.store(self.group, "initialised", known(True))
        for slot, parameter in _STATED.get(event.name, {}).items():
            given = event.argument(parameter)
            if not given.is_absent and given.integer != -1 and not (given.known and given.constant is None):
                self.heap.store(self.group, slot, given)

    def callbacks(self, event: Event, things: list[Thing]) -> None:
        """Functions of the script that unread code may call: what they do is not part of the trace.

        What `datasets` maps over the rows of a data set is left out: it makes samples of samples, in processes that it
        forks, and goes unused where a cache holds its results (`Dataset.map` of datasets/arrow_dataset.py).  So is
        what runs in processes of a pool, and what is only asked about.
        """
        if event.method in _OVER_ROWS and _of_data_set(event.receiver):
            return
        if event.name in _ASKING or event.name.startswith(_APART):
            return
        for thing in things:
            callable_ = isinstance(thing, FunctionObject | BoundMethod | Partial | ClassObject)
            if callable_ and not quiet(thing, self.load_module):
                self.run.unread = True

    def answer(self, name: str, receiver: Thing | None, at: Span) -> Thing | None:
        """An attribute that asks for a fact about the process, such as `accelerator.is_main_process`."""
        row = TABLE.find(name)
        if row is None or row.answer is None or row.method:
            return None
        return answer_query(self, row, receiver, at)

    def leave(self) -> Thing:
        raise Left


_STATED: Final = {
    "torch.distributed.init_process_group": {"rank": "rank", "size": "world_size"},
    "jax.distributed.initialize": {"rank": "process_id", "size": "num_processes"},
}
"""Parameters in which a script may state its process's place."""
_ASKING: Final = frozenset(
    (
        "callable", "id", "isinstance", "issubclass", "print", "repr", "str", "type", "inspect.getdoc",
        "inspect.getfile", "inspect.getfullargspec", "inspect.getmodule", "inspect.getsource", "inspect.isclass",
        "inspect.iscoroutinefunction", "inspect.isfunction", "inspect.ismethod", "inspect.signature",
    )
)  # fmt: skip
"""Calls that ask something about a function and do not call it."""
_APART: Final = ("multiprocessing.pool.Pool.", "multiprocessing.Pool.", "concurrent.futures.ProcessPoolExecutor.")
"""What calls the functions that it is given in processes of its own."""
_OVER_ROWS: Final = frozenset(("map", "filter"))
_LONGEST_CHAIN: Final = 8
"""Steps from one data set to the next that are looked through for where the first comes from."""


def _of_data_set(thing: Thing | None) -> bool:
    """It comes from the library `datasets`, as one of its splits or through other steps."""
    for _ in range(_LONGEST_CHAIN):
        if not isinstance(thing, Unread):
            break
        made = thing.made_by
        if made is not None and made.name.startswith("datasets."):
            return True
        thing = made.receiver if made is not None and made.receiver is not None else thing.part_of
    return False


def _layer(instance: Instance, arguments: Arguments) -> Facets:
    """How what torch's own layer or loss, or a ready-made model, makes of these differs; unseen for all else."""
    name = instance.class_names[0] if instance.class_names else ""
    if ready_made(name):
        given = (*arguments.positional, *arguments.keywords.values(), *arguments.unnamed)
        held = [facets(one) for one in given]
        trail = next((one.trail for one in held if one.content is Reach.PROCESS), ())
        own = any(one.content is Reach.PROCESS for one in held)
        return Facets(Reach.PROCESS if own else Reach.UNSEEN, Reach.UNSEEN, trail)
    if not name.startswith("torch.nn.") or f"{name}.".startswith(_WRAPPERS):
        return Facets(Reach.UNSEEN, Reach.UNSEEN)
    called = "cross_entropy" if name.endswith("Loss") else "relu"
    return flow(f"torch.nn.functional.{called}", None, arguments.positional, {})


def _marked(name: str, arguments: Arguments) -> Thing | None:
    """`rank_zero_only(save)`: the function, for rank 0 alone; None for any other call."""
    given = arguments.get(0)
    if name.rpartition(".")[2] not in _MAIN_ONLY or len(arguments.positional) != 1:
        return None
    if isinstance(given, BoundMethod):
        return BoundMethod(given.receiver, replace(given.function, marks=given.function.marks | {name}))
    return replace(given, marks=given.marks | {name}) if isinstance(given, FunctionObject) else None


AROUND: Final = frozenset(("torch.no_grad", "torch.inference_mode"))
"""Decorators within which a body runs as in a `with` of theirs."""
_SAME: Final = frozenset(("torch.no_grad", "torch.inference_mode", "torch.enable_grad", "torch.set_grad_enabled"))
"""Calls that give a decorator which leaves a function as it is."""
_MAIN_ONLY: Final = frozenset(
    ("rank_zero_only", "on_main_process", "on_local_main_process", "master_only", "main_process_only")
)
_ENUMS: Final = frozenset(("enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag"))
_NOWHERE: Final = Span("", 0, 0)

