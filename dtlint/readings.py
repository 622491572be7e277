"""What has a known value where it is written or read: variables in commands and in the environment, arguments and
options of scripts, batch sizes and degrees of parallelism.

Only what is known in every process that comes by is told, and nothing that already stands there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from dtlint.diagnostic import Cause
from dtlint.job.launch import Launch
from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.record import record
from dtlint.run.environment import OWNED_NAMES
from dtlint.run.script.objects import Thing
from dtlint.source import Source, Span
from dtlint.value import How, Step, Value, unknown


@record
class Number:
    """A number of a job in words, and the places that it comes from, nearest first."""

    text: str
    """`8`, or `$PROCS` where its value is not known."""
    count: int | None
    because: tuple[Cause, ...] = ()


@record
class Reading:
    """What stands in one place and what that comes to, in the job that begins with `root`."""

    at: Span
    name: str
    """`LOCAL_RANK`, `--nproc_per_node=$PROCS`, `batch_size=args.batch`, `gradient accumulation`."""
    text: str
    """`8`, or `0 in rank 0, 1 in rank 1` where the processes do not agree."""
    because: tuple[Cause, ...]
    comes_to: str
    """What else follows: `4 nodes × 8 processes = 32 ranks`; empty where nothing does."""
    root: str
    in_command: bool = False
    """It is a word of a command."""


MOST_TOLD: Final = 6
"""Different values of one place that are told one by one."""
LONGEST: Final = 200
"""Characters of a value that is worth showing."""
FIELDS: Final = {
    "micro_batch": "micro batch",
    "accumulation": "gradient accumulation",
    "global_batch": "global batch",
    "tensor": "tensor parallel degree",
    "pipeline": "pipeline parallel degree",
    "context": "context parallel degree",
    "expert": "expert parallel degree",
    "data": "data parallel degree",
    "size": "world size",
}
"""Numbers of a plan, as people call them."""

_AN_OBJECT: Final = unknown("an object")

Who = tuple[str, int]
"""`("rank", 3)`, `("node", 0)`."""

_ASSIGNED: Final = re.compile(r"[ \t]*(?P<name>\w+)(?:[ \t]*:[ \t]*\w+)?[ \t]*=[ \t]*(?:int\()?")
"""What stands in front of a value that a line of Python gives to a variable."""
_REST: Final = re.compile(r"\)?[ \t]*(?:#.*)?$", re.MULTILINE)
"""And what stands behind it."""


def number(value: Value) -> Number:
    count = value.integer
    return Number(str(count) if count is not None else str(value), count, _causes(value))


def product(nodes: Number, per_node: Number, total: Number) -> str:
    """`4 nodes × 8 processes = 32 ranks`; a number that is not known is named as it is written, a total left out."""
    factors = f"{_many(nodes, 'node')} × {_many(per_node, 'process', 'processes')}"
    return factors if total.count is None else f"{factors} = {_many(total, 'rank')}"


def readings(run: Run, source: Callable[[str], Source | None]) -> tuple[Reading, ...]:
    """Of a run that is complete; `source` gives the text of a file."""
    seen = _Seen(run.root, source)
    for setting in run.settings:
        seen.take(setting.at, setting.name, setting.value)
    for exec in run.commands:
        for word in exec.argv:
            if word.trail and "\n" not in word.written:
                seen.take(word.at, "", word.value, ("node", exec.host.index), in_command=True)
    for launch in run.launches:
        _of_launch(launch, seen)
    for process in run.processes:
        _of_process(process, seen)
    for plan in run.plans:
        _of_plan(plan, seen)
    return tuple(seen.told())


def _of_launch(launch: Launch, seen: _Seen) -> None:
    """Outside of its command, where its numbers come from: a header, a variable, a configuration, a manifest."""
    told = _launched(launch)
    if not told:
        return
    for name, value in (("nodes", launch.nodes), ("processes on each node", launch.per_node)):
        for step in value.trail:
            if not step.at.overlaps(launch.at) and seen.spells(step):
                seen.take(step.at, name, value, None, told, literal=True)


def _of_process(process: Process, seen: _Seen) -> None:
    run, rank = process.run, process.rank.as_int().integer
    if run is None:
        return
    who = ("rank", rank) if rank is not None else ("local rank", process.local)
    for read in run.reads:
        if not read.tested:
            found = read.value.or_default(read.default)
            told = _launched(process.launch) if read.name in OWNED_NAMES else ""
            seen.take(read.at, read.name, found, who, told, literal=True)
    for event in run.events:
        for key, thing in (*enumerate(event.positional), *event.keywords.items()):
            if key in event.places:
                seen.take(event.places[key], "", _plain(thing), who)
        result = _plain(event.result)
        if result.known and type(result.constant) is int:
            seen.take(event.at, "", result, who)
    for parser in run.parsers:
        at_once = [option.at for option in parser.options]
        for option in parser.options:
            if option.dest in parser.parsed and at_once.count(option.at) == 1:
                seen.take(option.at, option.names[0] if option.names else option.dest, parser.parsed[option.dest], who,
                          literal=True)  # fmt: skip


def _plain(thing: Thing) -> Value:
    """Other objects are no numbers: to make values of them takes long, and here nobody wants them."""
    return thing if isinstance(thing, Value) else _AN_OBJECT


def _of_plan(plan: Plan, seen: _Seen) -> None:
    """Where it leaves a number to the trainer, what that fills in."""
    values: dict[str, Value] = {name: getattr(plan, name) for name in FIELDS}
    places = {name: value.trail[0] for name, value in values.items() if value.trail}
    if plan.trainer is not None:
        for name, value in values.items():
            filled: Value = getattr(plan.trainer, name)
            values[name] = filled if value.integer is None and filled.integer is not None else value
    batch = _batch(values, plan.data_parallel)
    for name, step in places.items():
        if step.how in (How.WRITTEN, How.OPTION) and values[name].integer is not None:
            told = batch if name in ("micro_batch", "accumulation", "global_batch") else ""
            seen.take(step.at, FIELDS[name], values[name], None, told, literal=True)


def _batch(values: dict[str, Value], replicas: Value) -> str:
    micro, accumulation, copies = values["micro_batch"].integer, values["accumulation"].integer, replicas.integer
    if micro is None or accumulation is None or copies is None:
        return ""
    return (
        f"{micro} samples × {accumulation} micro batches × {copies} data parallel processes = "
        f"{micro * accumulation * copies} samples in an optimizer step"
    )


def _launched(launch: Launch | None) -> str:
    if launch is None or not launch.ranks or launch.total.integer is None:
        return ""
    return f"{launch.called}: {product(number(launch.nodes), number(launch.per_node), number(launch.total))}"


@record(eq=False)
class _Place:
    """What processes find in one place under one name."""

    at: Span
    name: str
    comes_to: str
    in_command: bool
    values: dict[Who | None, Value]


class _Seen:
    def __init__(self, root: str, source: Callable[[str], Source | None]) -> None:
        self._root, self._source = root, source
        self._places: dict[tuple[Span, str], _Place] = {}
        self._unclear: set[tuple[Span, str]] = set()

    def take(
        self,
        at: Span,
        name: str,
        value: Value,
        who: Who | None = None,
        comes_to: str = "",
        *,
        literal: bool = False,
        in_command: bool = False,
    ) -> None:
        """Without a name, the text is it; unless `literal`, a value that the text holds itself is not worth telling."""
        key = at, name
        if key in self._unclear:
            return
        place = self._places.get(key)
        if value.known and place is not None and who in place.values:
            clear = place.values[who].same(value)
        elif value.known and place is None:
            text = self._text(at)
            clear = bool(text) and (literal or not _holds(text, str(value)))
            place = _Place(at, name or " ".join(text.split()), comes_to, in_command, {})
        else:
            clear = value.known
        if not clear or place is None or len(str(value)) > LONGEST or value.constant is None:
            self._unclear.add(key)
            self._places.pop(key, None)
            return
        self._places[key] = place
        place.values.setdefault(who, value)

    def spells(self, step: Step) -> bool:
        """A number stands in the place of the step, and not only something that sets one."""
        text = self._text(step.at)
        return re.search(r"\d", text) is not None and (text in step.text or step.text in text)

    def told(self) -> Iterator[Reading]:
        for place in self._places.values():
            first = next(iter(place.values.values()))
            text = _together(place.values)
            because = _causes(first)
            yield Reading(place.at, place.name, text, because, place.comes_to, self._root, place.in_command)
            target = self._assigned(place.at)
            if target is not None:
                at, name = target
                yield Reading(at, name, text, because, place.comes_to, self._root)

    def _text(self, at: Span) -> str:
        source = self._source(at.path)
        return source.text[at.start : at.end] if source is not None else ""

    def _assigned(self, at: Span) -> tuple[Span, str] | None:
        """The Python variable that gets just this value."""
        source = self._source(at.path)
        if source is None or not at.path.endswith(".py") or not _REST.match(source.text, at.end):
            return None
        start = source.text.rfind("\n", 0, at.start) + 1
        found = _ASSIGNED.fullmatch(source.text[start : at.start])
        if found is None:
            return None
        name = found["name"]
        return Span(at.path, start + found.start("name"), start + found.end("name")), name


def _together(values: dict[Who | None, Value]) -> str:
    by_text: dict[str, list[Who]] = {}
    for who, value in values.items():
        by_text.setdefault(str(value), []).append(who or ("", 0))
    if len(by_text) == 1:
        return next(iter(by_text))
    told = [f"{text} {_people(who)}" for text, who in [*by_text.items()][:MOST_TOLD]]
    return ", ".join(told) + (" …" if len(by_text) > MOST_TOLD else "")


def _people(who: list[Who]) -> str:
    """`in rank 3`, `on nodes 0, 1 and 8`."""
    kind = who[0][0]
    numbers = [str(number) for _, number in who]
    where = f"on {kind}" if kind == "node" else f"in {kind}"
    if len(numbers) == 1:
        return f"{where} {numbers[0]}"
    return f"{where}s {', '.join(numbers[:-1])} and {numbers[-1]}"


def _holds(text: str, value: str) -> bool:
    """The value stands in the text already."""
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def _causes(value: Value) -> tuple[Cause, ...]:
    return tuple(Cause(step.text, step.at) for step in value.trail if step.how is not How.PRESUMED)


def _many(number: Number, one: str, more: str = "") -> str:
    if number.count is None:
        return f"{number.text} {more or one + 's'}"
    return f"{number.count} {one if number.count == 1 else more or one + 's'}"
