"""What a script did on paper: its calls in order, the branches and loops around them, what it asked of the world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from dtlint.facts.script import Expr, ScriptProgram
from dtlint.record import record
from dtlint.run.effects.row import Effect, Row
from dtlint.run.script.context import ScriptContext
from dtlint.run.script.objects import Either, External, Instance, Object, Thing, Unread, as_value
from dtlint.run.word import Word
from dtlint.source import Span
from dtlint.value import Choice, Kind, Scalar, Symbol, Truth, Value, absent, origins, unknown


@dataclass(eq=False, slots=True)
class Event:
    """A call of something outside the workspace (or of a method that belongs to a class outside)."""

    name: str
    """Canonical dotted name of the callable, such as `torch.utils.data.distributed.DistributedSampler.set_epoch`.

    For an object of which nothing is known the class is `?`: `?.cuda`.
    """
    at: Span
    func_at: Span
    row: Row | None
    """What the call does, if a table knows it."""
    positional: tuple[Thing, ...]
    keywords: dict[str, Thing]
    open: bool
    """It has a `*args` or `**kwargs` of which not everything is known."""
    receiver: Thing | None
    """The object whose method it is."""
    index: int
    """Counts the events of one run."""
    loops: tuple[Repeat, ...]
    """Loops around it that were not unrolled, outermost first."""
    branches: tuple[tuple[Fork, int], ...]
    """Undecided conditions around it, outermost first, and the side (0 then, 1 otherwise) it stands on."""
    stack: tuple[Span, ...]
    """Call sites through which it is reached, outermost first."""
    contexts: tuple[Event, ...] = ()
    """Calls whose results are the contexts (`with`) around it, outermost first."""
    caught: bool = False
    """A `try` around it has handlers: what it raises may be dealt with."""
    result: Thing = field(default_factory=lambda: unknown("a result"))
    places: dict[str | int, Span] = field(default_factory=dict)
    """Where each argument is written: by position or keyword."""

    @property
    def method(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    @property
    def signature(self) -> tuple[str, ...]:
        return self.row.signature if self.row else ()

    def thing(self, name: str) -> Thing | None:
        """What was given for the parameter `name`; None if it is surely not given or cannot be told.

        A process group that is None, or the whole world by its name, is the one that is meant where none is given.
        """
        row = self.row
        given = self.keywords.get(name)
        if given is None and row is not None and name in row.signature:
            position = row.signature.index(name)
            given = self.positional[position] if position < len(self.positional) else None
        of_all = given is not None and row is not None and name == row.group and _is_world(given)
        return None if of_all else given

    def given(self, position: int | None, name: str) -> Thing | None:
        """What was given at a position or by a keyword, for a call that no row describes."""
        if name in self.keywords:
            return self.keywords[name]
        return self.positional[position] if position is not None and position < len(self.positional) else None

    def argument(self, name: str) -> Value:
        """What was given for the parameter `name`: absent if surely nothing, unknown if `*` or `**` could give it."""
        thing = self.thing(name)
        if thing is not None:
            return as_value(thing)
        if self.open:
            return unknown(f"{name}=", key=("argument", self.at, name))
        return absent()

    def argument_at(self, name: str) -> Span:
        """Where the argument is written; the whole call if it is not given."""
        if name in self.places:
            return self.places[name]
        if name in self.signature:
            position = self.signature.index(name)
            if position in self.places and position < len(self.positional):
                return self.places[position]
        return self.at

    @property
    def objects(self) -> tuple[Object, ...]:
        """Receiver and arguments that are objects, alternatives of an undecided branch each for itself."""
        found: list[Object] = []
        things = [*self.positional, *self.keywords.values()]
        if self.receiver is not None:
            things.insert(0, self.receiver)
        for thing in things:
            sides = thing.alternatives() if isinstance(thing, Either) else (thing,)
            found += [side for side in sides if isinstance(side, Object)]
        return tuple(found)

    @property
    def place(self) -> tuple[Span, tuple[Span, ...]]:
        """Where it stands, and through which calls it is reached: in another process the same call has the same."""
        return self.at, self.stack

    @property
    def surely(self) -> bool:
        """No undecided condition stands around it."""
        return not self.branches

    @property
    def some_day(self) -> bool:
        """Chance and the rounds of loops alone bring it about, if not every time: nothing else decides about it."""
        return some_day(self.branches)


_WORLDS: Final = frozenset(("torch.distributed.group.WORLD", "torch.distributed.GroupMember.WORLD"))


def _is_world(group: Thing) -> bool:
    if isinstance(group, External):
        return group.name in _WORLDS
    return isinstance(group, Value) and group.known and group.constant is None


@dataclass(eq=False, slots=True)
class Fork:
    """A condition that could not be decided, and what would happen on either side."""

    condition: Truth
    value: Value
    """What was tested; its symbol tells whether two forks stand on the same condition."""
    at: Span
    """The whole conditional statement."""
    then: list[Node] = field(default_factory=list)
    otherwise: list[Node] = field(default_factory=list)
    ends: tuple[str, str] = ("", "")
    """How each side leaves: `return`, `break`, `continue`, `raise`, `exit`, or empty where it goes on.

    What follows in the same function (or loop, or round) happens on the sides that go on; events there have the fork
    among their `branches`.  A side that raises or exits is presumed not to be taken: it leaves no such mark.
    """
    missed: range = range(0)
    """Of a `try` that catches what it raises: numbers of the calls in it that who comes to the handler leaves out."""

    @property
    def changes(self) -> bool:
        """What is asked comes about by data or by the rounds of a loop; it is not a setting alone.

        A truth that a round sets under some condition, as a count of bad epochs does, is no setting either.
        """
        if isinstance(self.value.content, Choice):
            return all(isinstance(option, bool) for option in self.value.content.options)
        return any(
            part.kind is Kind.CHANCE if isinstance(part, Symbol) else isinstance(part, tuple) and "carried" in part[:1]
            for part in origins(self.value.symbols())
        )

    def reaches(self, side: int) -> bool:
        """Chance, or the rounds of a loop, bring it to this side one day.

        A loop that is left as soon as its rounds or data say so has a round in which they do not.
        """
        if (self.condition if side == 0 else ~self.condition).surely:
            return True
        return self.ends[1 - side] == "break" and self.changes


def some_day(branches: Iterable[tuple[Fork, int]]) -> bool:
    """Chance and the rounds of loops alone bring it about that all of these are taken."""
    return all(fork.reaches(side) for fork, side in branches)


@dataclass(eq=False, slots=True)
class Repeat:
    """A loop of which one round was followed, standing for all of them."""

    at: Span
    count: Value
    """Number of rounds; unknown for most."""
    iterable: Thing | None
    """What a `for` loop goes over."""
    body: list[Node] = field(default_factory=list)
    item: Value | None = None
    """What stands for the item of a round, if that is a plain value."""
    hands_out: bool = False
    """It is a generator's: who asks for the next item gets what it yields, and goes round in a loop of its own."""


Node = Event | Fork | Repeat


def repeats(nodes: Iterable[Node]) -> Iterator[Repeat]:
    """All loops among these and within, each before those in it."""
    for node in nodes:
        match node:
            case Fork():
                yield from repeats((*node.then, *node.otherwise))
            case Repeat():
                yield node
                yield from repeats(node.body)
            case _:
                pass


@record(eq=False)
class EnvironmentRead:
    name: str
    at: Span
    required: bool
    """The script fails if it is absent: `os.environ["X"]` with nothing that catches the KeyError."""
    value: Value
    """What it finds; absent if nothing sets it."""
    default: Value
    """What it takes instead; absent if there is no such thing."""
    branches: tuple[tuple[Fork, int], ...] = ()
    tested: bool = False
    """Only its presence is asked: `"X" in os.environ`."""


@record(eq=False)
class EnvironmentWrite:
    name: str
    value: Value
    at: Span
    index: int
    """Number of events before it."""
    branches: tuple[tuple[Fork, int], ...] = ()
    default: bool = False
    """`setdefault`: it holds only where nothing is set."""


@record(eq=False)
class NumberRead:
    """What an environment variable holds, as it is, is taken for a number, and nothing catches what that raises."""

    read: EnvironmentRead
    at: Span
    branches: tuple[tuple[Fork, int], ...]
    fails: bool
    """It is known, and no number."""


@record(eq=False)
class AttributeRead:
    """A wrapper of a framework is asked for an attribute that nothing put there and no row answers."""

    wrapper: Instance
    name: str
    at: Span
    index: int
    """Number of events before it."""
    branches: tuple[tuple[Fork, int], ...] = ()
    surely: bool = True
    """It is this object that is asked, nothing catches what it raises, and no code that was not read had the object
    before; undecided conditions may stand around (`branches`)."""


@record(eq=False)
class Sought:
    """A dict is asked for a key that is not known: `name in d`, `d[name]`."""

    key: Unread
    held: tuple[Thing, ...]
    """What stands for all keys that are in it; empty where that is not known."""
    at: Span
    index: int
    """Number of events before it."""
    branches: tuple[tuple[Fork, int], ...] = ()


@dataclass(eq=False, slots=True)
class Option:
    """One `add_argument`."""

    names: tuple[str, ...]
    """Option strings as written, or the one name of a positional."""
    dest: str
    at: Span
    default: Value
    """Absent if there is none (then the program gets None)."""
    default_at: Span | None
    action: str = "store"
    nargs: Value = field(default_factory=absent)
    choices: tuple[Scalar, ...] = ()
    required: bool = False
    type: Thing | None = None
    default_thing: Thing | None = None
    """The default as it is, also where it is an object."""
    constant: Thing | None = None
    """What `const` gives."""
    negative: tuple[str, ...] = ()
    """Which of the names of a switch turn it off."""

    @property
    def positional(self) -> bool:
        return not self.names[0].startswith("-") if self.names else True


@dataclass(eq=False, slots=True)
class ParserFacts:
    """One argument parser and what it accepts."""

    kind: str
    """argparse, click, HfArgumentParser …"""
    at: Span
    options: list[Option] = field(default_factory=list)
    open: bool = False
    """It lets unknown arguments pass or was filled by code that was not read: an option not listed may be accepted."""
    parsed_at: Span | None = None
    """Where the command line is parsed; None if it never is."""
    parsed: dict[str, Value] = field(default_factory=dict)
    """What each destination got."""
    defaults: dict[str, Thing] = field(default_factory=dict)
    """What `set_defaults` gave."""
    rejected: list[Word] = field(default_factory=list)
    """Words of the command line that it does not accept; only while it is not `open`."""

    def accepts(self, option: str) -> bool:
        """It has this option string, or it is the unique beginning of one (as argparse completes)."""
        strings = [name for declared in self.options for name in declared.names if name.startswith("-")]
        if option in strings:
            return True
        return self.abbreviates and option.startswith("--") and sum(name.startswith(option) for name in strings) == 1

    @property
    def abbreviates(self) -> bool:
        """The beginning of an option's name is enough; click and Typer want it in full."""
        return self.kind not in ("click", "typer")


@record(eq=False)
class Subprocess:
    """A command that the script starts."""

    argv: tuple[Word, ...]
    """Its words; with `shell`, one word that a shell would read."""
    shell: bool
    complete: bool
    """False where words may be missing."""
    at: Span
    event: Event
    environment: dict[str, Value] = field(default_factory=dict)
    """Variables that the script had set by then."""


@record(eq=False)
class Child:
    """Processes that the script starts itself: `mp.spawn(f, nprocs=n)`, `Process(target=f, args=(i,))` in a loop."""

    function: Thing
    nprocs: Value
    at: Span
    event: Event
    ordinal: int
    """Which of the script's spawns it is."""
    _run: Callable[[int, int, ScriptContext | None], ScriptRun]

    def run(self, index: int, there: ScriptContext | None = None) -> ScriptRun:
        """What child number `index` does: the script is run again up to the spawn, then the child's function; `there`
        is what it finds where it does not run on the host of its parent."""
        return self._run(self.ordinal, index, there)


@record(eq=False)
class Quotient:
    """Something that is not known, divided."""

    result: Thing
    divisor: Thing
    written: Expr
    """The number below the line as it is written."""
    index: int
    """Number of events before it."""
    loops: tuple[Repeat, ...]
    """Loops around it that were not unrolled, outermost first."""


@record(eq=False)
class Length:
    """`len` of an object that is neither a list nor a dict."""

    thing: Instance | Unread
    value: Value


@record(eq=False)
class Indivisible:
    """An assertion of the script that one number is a multiple of another, which it surely is not."""

    dividend: Value
    divisor: Value
    at: Span


@dataclass(eq=False, slots=True)
class ScriptRun:
    path: str
    trace: list[Node] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    reads: list[EnvironmentRead] = field(default_factory=list)
    writes: list[EnvironmentWrite] = field(default_factory=list)
    numbers: list[NumberRead] = field(default_factory=list)
    """Environment variables that it takes for numbers; not those that are known and are numbers."""
    asked: list[AttributeRead] = field(default_factory=list)
    """Attributes for which the wrappers of models are asked."""
    sought: list[Sought] = field(default_factory=list)
    quotients: list[Quotient] = field(default_factory=list)
    lengths: list[Length] = field(default_factory=list)
    indivisible: list[Indivisible] = field(default_factory=list)
    """Assertions that surely stop the script, since nothing catches what they raise."""
    parsers: list[ParserFacts] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    subprocesses: list[Subprocess] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    """Paths of the files that were run or read, the script first."""
    programs: list[ScriptProgram] = field(default_factory=list)
    """What is in the files that were run; a spawned child's has its parent's too."""
    documents: list[str] = field(default_factory=list)
    """Paths of the configuration files that it loads."""
    sets_unknown_names: bool = False
    """It sets environment variables whose names are not known."""
    reads_unknown_names: bool = False
    """It reads environment variables whose names are not known, or takes all of them."""
    reached_end: bool = False
    """The end of the script (or `sys.exit`) is reached without an exception."""
    failure: tuple[str, Span] | None = None
    """The exception that surely happens first with nothing that catches it, and where; an absent variable is the usual
    reason.  A failing operation does not end the run on paper, a `raise` does."""
    truncated: bool = False
    """The budget ran out: what is not here proves nothing."""
    unread: bool = False
    """Code that was not read was handed a function of the script or ran the script's main part: it may do more."""
    filled_unseen: bool = False
    """A collective filled a value that has no identity: what is taken to differ may have been made equal by it."""
    standing: set[int] = field(default_factory=set)
    """Numbers of the calls that make a folder which the workspace has already, or may have."""
    child: bool = False
    """It is the run of a spawned child, beginning at the child's function."""
    steps: int = 0
    """Statements and expressions that it took."""

    @staticmethod
    def not_followed(path: str) -> ScriptRun:
        """Stands for a script of the workspace that was not run: it may do anything."""
        return ScriptRun(path, sets_unknown_names=True, truncated=True, unread=True)

    @property
    def complete(self) -> bool:
        """All that the script does was followed: a call that is not among the events does not happen."""
        return self.reached_end and not self.truncated and not self.unread

    def called(self, *names: str) -> Iterator[Event]:
        """Events with one of these canonical names, in order."""
        wanted = frozenset(names)
        return (event for event in self.events if event.name in wanted)

    def effects(self, *effects: Effect) -> Iterator[Event]:
        """Events whose row has one of these effects, in order (see `Row`)."""
        wanted = frozenset(effects)
        return (event for event in self.events if event.row is not None and wanted & event.row.effects)

    def made_by(self, thing: Thing | None) -> Event | None:
        """The call that made the object."""
        return thing.made_by if isinstance(thing, Instance) else None
