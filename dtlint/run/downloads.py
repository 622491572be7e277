"""Data sets that several processes of one host fetch and unpack into the same folder at the same time, or that one of
them opens while another fetches them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from dtlint.job.joining import INITIALISER
from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.effects.tensorflow import STRATEGY
from dtlint.run.existence import asked
from dtlint.run.handover import goes_round, more, pair, waits_before
from dtlint.run.restoring import comes_to_all
from dtlint.run.script.objects import as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.writers import same_file
from dtlint.value import Value, absent, known

_FAMILY: Final = "torchvision.datasets."
_NOT_THE_FILES: Final = frozenset(("download", "root", "train", "transform", "target_transform", "transforms"))
"""Arguments upon which it does not depend what is fetched: both halves lie in one archive."""
_KERAS: Final = re.compile(r"(?:tensorflow\.)?keras\.datasets\.(\w+)\.load_data")
"""These always fetch what is not there, into one folder of the user (keras/src/utils/file_utils.py)."""
_WAITS: Final = frozenset(("acquire", "wait", "lock", "flock", "main_process_first", "local_main_process_first"))


@record(eq=False)
class Race:
    """The first call that fetches a data set, which both processes surely reach at the same time."""

    event: Event
    first: Process
    second: Process
    folder: Value

    @property
    def what(self) -> str:
        """The data set as its package calls it."""
        keras = _KERAS.fullmatch(self.event.name)
        return keras[1] if keras is not None else self.event.method


def races(world: World) -> Iterator[Race]:
    """One for each class of data set and folder."""
    here = next((process for process in world.processes if process.run is not None), None)
    if here is None or here.run is None:
        return
    beside = [one for one in world.processes if one is not here and one.host.is_(here.host)]
    there = next((one for one in beside if one.run is not None), None)
    if there is None or there.run is None or here.run.truncated or there.run.truncated:
        return
    if here.presumed and any(here.run.called(STRATEGY)):
        return  # one such worker drives all GPUs of its host: nobody starts two beside each other
    if here.presumed and not (any(here.run.effects(Effect.INITIALISES)) or here.spawned_by or here.run.children):
        return  # with its defaults it is one process alone
    if here.presumed and any(not _left_to_launcher(event, here) for event in here.run.called(INITIALISER)):
        return  # it finds its rank otherwise, such as in a list of hosts: nobody knows what stands beside it
    before = here.spawned_by.run if here.spawned_by is not None else None
    told: set[str] = set()
    for event in here.run.events:
        if not _downloads(event) or event.name in told:
            continue
        told.add(event.name)
        other = next((one for one in there.run.events if _downloads(one) and one.name == event.name), None)
        if other is None or other.place != event.place:
            continue
        if before is not None and any(one.name == event.name for one in before.events):
            continue
        free = event.surely and other.surely and not event.contexts and not other.contexts
        if free and _in_step(here.run, event, there.run, other) and same_file(_folder(event), _folder(other)):
            yield Race(event, here, there, _folder(event))


@record(eq=False)
class Opened:
    """A data set that one process opens, and for which it does not wait until another has fetched it."""

    opens: Event
    fetches: Event
    opener: Process
    fetcher: Process
    folder: Value


def opened_early(world: World) -> Iterator[Opened]:
    """One for each call that fetches, in the first two processes of one host.

    A data set that is opened without `download=True` raises "Dataset not found or corrupted" where the files are not
    there, or not whole (`_check_exists` and `_check_integrity` of torchvision/datasets).
    """
    both = pair(world)
    if both is None:
        return
    for (fetcher, mine), (opener, theirs) in (both, both[::-1]):
        if not fetcher.host.is_(opener.host) or _before_the_workers(fetcher):
            continue
        for fetches in filter(_downloads, mine.events):
            if fetches.name.startswith(_FAMILY) and _whenever_missing(fetches):
                opens = next((one for one in theirs.events if _opens(one, fetches)), None)
                if opens is not None and _at_once(mine, fetches, theirs, opens):
                    yield Opened(opens, fetches, opener, fetcher, _folder(opens))
                    return


def _before_the_workers(process: Process) -> bool:
    before = process.spawned_by.run if process.spawned_by is not None else None
    return before is not None and any(map(_downloads, before.events))


def _whenever_missing(fetches: Event) -> bool:
    return not fetches.contexts and all(asked(fork) is not None for fork, _ in fetches.branches)


def _opens(event: Event, fetches: Event) -> bool:
    """It is the same data set in the same folder, which this call does not fetch itself."""
    if event.name != fetches.name or event.receiver is not None or event.open or event.caught or event.contexts:
        return False
    wanted = event.argument("download")
    if not (wanted.is_absent or wanted.constant is False) or not comes_to_all(event):
        return False
    named = (event.keywords.keys() | fetches.keywords.keys()) - _NOT_THE_FILES
    parts = all(event.argument(name).same(fetches.argument(name)) for name in named)
    return parts and _numbers_alike(event, fetches) and same_file(_folder(event), _folder(fetches))


def _numbers_alike(event: Event, fetches: Event) -> bool:
    """What is given by position behind the folder is the same, or one of the two halves."""
    left, right = (list(map(as_value, one.positional[1:2])) for one in (event, fetches))
    halves = all(isinstance(value.constant, bool) for value in (*left, *right))
    return halves or (len(left) == len(right) and all(map(Value.same, left, right)))


def _at_once(mine: ScriptRun, fetches: Event, theirs: ScriptRun, opens: Event) -> bool:
    """Nothing before the opening lets it wait for what comes behind the fetching."""
    waits = waits_before(theirs, opens)
    if goes_round(theirs):
        return False
    if any(_downloads(one) and one.name == opens.name for one in theirs.events if one.index < opens.index):
        return False
    return all(one.surely for one in waits) and not more(waits, waits_before(mine, fetches))


def _left_to_launcher(event: Event, process: Process) -> bool:
    """The rank with which it joins is that which its launcher gives, or is left to torch."""
    rank = event.argument("rank")
    return rank.is_absent or rank.integer in (-1, process.rank.integer)


def _downloads(event: Event) -> bool:
    if _KERAS.fullmatch(event.name):
        return not event.open
    if not event.name.startswith(_FAMILY) or event.receiver is not None:
        return False
    return event.keywords.get("download") is not None and (event.argument("download") == True).always  # noqa: E712


def _folder(event: Event) -> Value:
    given = event.positional[0] if event.positional else event.keywords.get("root", event.keywords.get("path"))
    if given is None:
        return known("~/.keras/datasets") if _KERAS.fullmatch(event.name) else absent()
    return as_value(given)


def _in_step(mine: ScriptRun, event: Event, theirs: ScriptRun, other: Event) -> bool:
    """Neither has waited for the other by then: they came through the same calls that could let one go first."""
    left, right = _waits(mine, event), _waits(theirs, other)
    return left is not None and right is not None and left == right


def _waits(run: ScriptRun, end: Event) -> Counter[object] | None:
    """Calls before `end` that meet other processes; None if there is one of which that is not known."""
    found: Counter[object] = Counter()
    for event in run.events:
        if event.index >= end.index:
            break
        if event.method in _WAITS:
            return None
        if event.row is not None and event.row.effects & {Effect.COLLECTIVE, Effect.POINT_TO_POINT}:
            if not event.surely:
                return None
            found[event.place] += 1
    return found
