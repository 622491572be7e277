"""The clusters that `TF_CONFIG` describes, as the processes of one job find them.

TensorFlow reads `{"cluster": {type: [address, …], …}, "task": {"type": …, "index": …}}`
(tensorflow/python/distribute/cluster_resolver/tfconfig_cluster_resolver.py); an index may be a number or its text.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Final

from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.record import record
from dtlint.run.effects.tensorflow import STRATEGY
from dtlint.run.json_text import parsed, written
from dtlint.run.script.objects import as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.strategies import CONFIG
from dtlint.run.unfollowed import all_seen
from dtlint.run.word import Exec
from dtlint.source import Span
from dtlint.value import Fields, How, Items, Value

PARAMETER_SERVER: Final = (
    "tensorflow.distribute.ParameterServerStrategy",
    "tensorflow.distribute.experimental.ParameterServerStrategy",
)
RESOLVER: Final = "tensorflow.distribute.cluster_resolver.TFConfigClusterResolver"
APART: Final = "evaluator"
"""A task that stands outside of the cluster, whether the lists name it or not."""


@record(eq=False)
class Told:
    """What one process finds in `TF_CONFIG`."""

    process: Process
    text: Value
    record: Value
    """The text as JSON; absent where it is none."""
    at: Span
    """Where the variable is set."""

    @property
    def lists(self) -> Mapping[str, tuple[Value, ...]] | None:
        """Addresses by the type of task; None where not all are known to be listed."""
        cluster = self.record.get("cluster").content
        if not isinstance(cluster, Fields) or not cluster.complete:
            return None
        found: dict[str, tuple[Value, ...]] = {}
        for kind, addresses in cluster.entries.items():
            if not isinstance(addresses.content, Items) or not addresses.content.complete:
                return None
            found[kind] = addresses.content.items
        return found

    @property
    def listed(self) -> Mapping[str, tuple[Value, ...]]:
        """Addresses by the type of task, as far as they are seen to be listed."""
        cluster = self.record.get("cluster").content
        lists = cluster.entries if isinstance(cluster, Fields) else {}
        return {kind: one.content.items for kind, one in lists.items() if isinstance(one.content, Items)}

    @property
    def kinds(self) -> tuple[str, ...] | None:
        """The types of task that the cluster has, also where not all their addresses are known."""
        cluster = self.record.get("cluster").content
        return tuple(cluster.entries) if isinstance(cluster, Fields) and cluster.complete else None

    @property
    def kind(self) -> Value:
        return self.record.get("task.type")

    @property
    def index(self) -> Value:
        return self.record.get("task.index").as_int()

    @property
    def place(self) -> tuple[str, int] | None:
        """Type and index of the task, where both are known."""
        kind, index = self.kind.string, self.index.integer
        return (kind, index) if kind is not None and index is not None else None

    def address(self, place: tuple[str, int]) -> Value | None:
        """The address that this process has for a task."""
        addresses = (self.lists or {}).get(place[0], ())
        return addresses[place[1]] if 0 <= place[1] < len(addresses) else None

    @property
    def file(self) -> Span | None:
        """The file that holds the text, where a command read it as a whole."""
        return next((step.at for step in self.text.trail if step.how is How.FILE), None)

    def written_at(self, value: Value) -> Span:
        """Where a part of it stands: in the file that holds it, or where the variable is set."""
        return value.at if value.trail else self.at


def told(process: Process) -> Told | None:
    """What the process finds when TensorFlow looks; None where that is not known, since a script may write it anew."""
    if process.run is None or any(_says_itself(event) for event in process.run.events):
        return None
    text = process.variable(CONFIG)
    writes = [write for write in process.run.writes if write.name == CONFIG]
    if text.is_absent or (text.is_unknown and not text.trail and not writes):
        return None
    if writes and writes[-1].value.same(text):
        return Told(process, text, _dumped(process.run, text), writes[-1].at)
    if not text.trail:
        return None
    return Told(process, text, parsed(text), text.at)


def _says_itself(event: Event) -> bool:
    """The script tells TensorFlow in another way who it is, all or a part of it."""
    home, _, _ = RESOLVER.rpartition(".")
    if not event.name.startswith(f"{home}.") or event.name.startswith(f"{RESOLVER}."):
        return False  # what the resolver is asked, such as `cluster_spec()`, tells it nothing
    return event.name != RESOLVER or bool(event.positional or event.keywords)


def _dumped(run: ScriptRun, text: Value) -> Value:
    """The record of which `json.dumps` made the text, with the places of its parts; else the text as JSON."""
    dumps = list(run.called("json.dumps"))
    for event in dumps:
        if event.positional and as_value(event.result).same(text):
            given = as_value(event.positional[0])
            again = written(given)
            if again is not None and again.same(text):
                return given
            if text.is_unknown and len(dumps) == 1 and not event.loops:
                return given  # a part of it, such as the list of hosts, is not known
    return parsed(text)


def together(run: Run) -> Iterator[tuple[Told, Told]]:
    """Pairs of processes that run at one time and whose clusters have an address in common."""
    for mine, theirs in _pairs(run):
        if _at_once(mine.process, theirs.process) and not _one_line(mine, theirs):
            yield mine, theirs


def twins(run: Run) -> Iterator[tuple[Told, Told]]:
    """Pairs of processes of one launch to which one line of their script gives the same task of the same cluster."""
    if run.unlaunched or run.notebook:
        return
    found = [one for process in run.processes if not _by_hand(process) and (one := told(process)) is not None]
    for mine, theirs in itertools.combinations(found, 2):
        beside = mine.process.launch is not None and mine.process.launch is theirs.process.launch
        if beside and mine.at == theirs.at and mine.place is not None and mine.place == theirs.place:
            yield mine, theirs


def in_turn(run: Run) -> Iterator[tuple[Told, Told]]:
    """Pairs of which the second is started when the first has ended."""
    for mine, theirs in _pairs(run):
        if _ends_before(mine.process.exec, theirs.process.exec):
            yield mine, theirs


def _pairs(run: Run) -> Iterator[tuple[Told, Told]]:
    found = members(run)
    for mine, theirs in itertools.combinations(found, 2):
        if addresses(mine) & addresses(theirs) and not mine.process.exec.excludes(theirs.process.exec):
            yield mine, theirs


def members(run: Run) -> list[Told]:
    """Processes of the run whose cluster is known.

    Who starts one script by hand on each host may edit it there: of that nothing is known.
    """
    if run.unlaunched or run.notebook:
        return []
    found = [told(process) for process in run.processes if not _by_hand(process)]
    return [one for one in found if one is not None and one.lists is not None]


def _by_hand(process: Process) -> bool:
    launch = process.launch
    copied = launch is not None and any(above.per_host_copies for above in launch.chain())
    return bool(process.presumed) or copied or process.spawned_by is not None


def _at_once(mine: Process, theirs: Process) -> bool:
    if not mine.host.is_(theirs.host):
        return True
    if mine.launch is not None and mine.launch is theirs.launch:
        return True
    return mine.exec.overlaps(theirs.exec)


def _one_line(mine: Told, theirs: Told) -> bool:
    """Two commands of one host find what one line in front of them set: something may have changed it in between."""
    apart = mine.process.launch is None or mine.process.launch is not theirs.process.launch
    here = mine.process.exec.at
    within = mine.at.path == here.path and here.start <= mine.at.start < here.end
    return apart and mine.at == theirs.at and mine.process.host.is_(theirs.process.host) and not within


def _ends_before(mine: Exec, theirs: Exec) -> bool:
    """The shell in which their ways part waits for `mine`."""
    line, other = mine.line(), theirs.line()
    for depth, (first, second) in enumerate(zip(line, other, strict=False)):
        if first is not second:
            return first.started < second.started and all(exec.ended is None for exec in line[depth:])
    return False


def missing(run: Run) -> Iterator[tuple[Told, tuple[str, int]]]:
    """Tasks of a cluster that nothing starts, where the run starts the task that leads it and all starts are seen."""
    found = members(run)
    places = {one.place for one in found}
    if None in places or len(places) < 2 or not all_seen(run, [one.process for one in found]):
        return
    first = found[0]
    lists = first.lists or {}
    leader = ("chief", 0) if "chief" in lists else ("worker", 0)
    if leader not in places or any(addresses(one) != addresses(first) for one in found):
        return
    for kind, listed in lists.items():
        for index in range(len(listed)):
            if kind != APART and (kind, index) not in places:
                yield first, (kind, index)


def addresses(one: Told) -> frozenset[str]:
    """All addresses of its cluster that are known."""
    lists = one.lists or {}
    return frozenset(address.string for kind in lists for address in lists[kind] if address.string is not None)


def reader(run: ScriptRun | None) -> Event | None:
    """The call that surely reads `TF_CONFIG`: a strategy of workers, or a resolver, that is told nothing else."""
    for event in run.called(STRATEGY, RESOLVER) if run is not None else ():
        given = [name for name in event.keywords if name != "communication_options"]
        if event.surely and not event.positional and not given and not event.open:
            return event
    return None
